//! What the journal tells of values that runs have made of strings.

use super::catalog::{SqlStore, rows, run_id};
use super::driver::Cells;
use super::statement::{integer, sql};
use crate::domain::run::{RunId, RunMode};
use crate::domain::target::{Key, Target};
use crate::engine::made::Made;
use crate::engine::store::{Ledger as _, StoreError};

/// How many entries of the journal are read at once.
const AT_ONCE: u32 = 5_000;

/// A value that a run has made, as the journal's columns say it.
struct Entry {
    seq: i64,
    table: String,
    key: String,
    sha256: String,
}

impl SqlStore {
    /// What the runs in the journal have made of strings, of rows of these tables.
    pub(super) async fn read_made(&mut self, targets: &[&Target]) -> Result<Made, StoreError> {
        let mut made = Made::default();
        if !self.journal_is_current().await? {
            return Ok(made);
        }
        for run in self.runs().await?.into_iter().filter(|run| run.mode != RunMode::Undo) {
            let mut after = 0;
            loop {
                let entries = self.made_by(&run.id, after).await?;
                let Some(last) = entries.last() else { break };
                after = last.seq;
                for entry in &entries {
                    if let Some((key, sha256)) = row_of(entry, targets) {
                        made.learn(&entry.table, &key, &sha256);
                    }
                }
            }
        }
        Ok(made.complete())
    }

    async fn made_by(&mut self, run: &RunId, after: i64) -> Result<Vec<Entry>, StoreError> {
        let statement = self.names.statement(sql!("made"), &[run_id(run), ("after", integer(after)), rows(AT_ONCE)]);
        let entry = |cells: &dyn Cells| {
            let text = |index| Ok::<_, sqlx::Error>(cells.text(index)?.unwrap_or_default().to_owned());
            let seq = cells.integer(0)?.unwrap_or_default();
            Ok(Entry { seq, table: text(1)?, key: text(2)?, sha256: text(3)? })
        };
        self.rows("the journal could not be read", statement, entry).await
    }
}

/// The row that an entry is about, and the digest of what it became; nothing where the table is none of these or has
/// another key by now.
fn row_of(Entry { table, key, sha256, .. }: &Entry, targets: &[&Target]) -> Option<(Key, [u8; 32])> {
    let target = targets.iter().find(|target| target.table == *table)?;
    let key = target.key_from_object(&serde_json::from_str(key).ok()?)?;
    let mut digest = [0; 32];
    hex::decode_to_slice(sha256, &mut digest).ok()?;
    Some((key, digest))
}

#[cfg(test)]
mod tests {
    use crate::domain::finding::Action;

    #[test]
    fn the_statements_name_every_action_that_makes_something_else_than_a_string() {
        let statements = [
            include_str!("sql/common/made.sql"),
            include_str!("sql/common/purge.sql"),
            include_str!("sql/common/purge_made.sql"),
            include_str!("sql/sqlite/ended_before.sql"),
            include_str!("sql/mysql/ended_before.sql"),
            include_str!("sql/postgres/ended_before.sql"),
        ];
        let others = [Action::String, Action::Skip, Action::None];
        let names =
            Action::ALL.iter().filter(|action| !others.contains(action)).map(|action| format!("'{}'", action.name()));
        let list = format!("IN ({})", names.collect::<Vec<_>>().join(", "));
        for statement in statements {
            assert!(statement.contains(&list), "no {list} in {statement}");
        }
    }
}
