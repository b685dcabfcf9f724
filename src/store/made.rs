//! What the journal tells of values that runs have made of strings.
//!
//! A repair names its rows by their keys. A carry does not know the keys that the database gives to its rows, and names them
//! as Airflow does, so their keys are looked up.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::catalog::{SqlStore, rows, run_id};
use super::connection::Transaction;
use super::driver::{Access, Cells};
use super::source::{keys_at_once, scalars};
use super::statement::{Fill, integer, sql};
use crate::domain::run::{RunId, RunMode};
use crate::domain::target::{Column, ColumnType, Key, Target};
use crate::engine::made::Made;
use crate::engine::store::{Ledger as _, StoreError};

/// How many entries of the journal are read at once.
const AT_ONCE: u32 = 4_096;

/// A value that a run has made, as the journal's columns say it.
struct Entry {
    seq: i64,
    table: String,
    key: String,
    sha256: String,
}

impl SqlStore {
    /// What the runs in the journal have made of strings in these tables.
    pub(super) async fn read_made(&mut self, targets: &[&'static Target]) -> Result<Made, StoreError> {
        let mut made = Made::default();
        if !self.has_journal().await? {
            return Ok(made);
        }
        for run in self.runs().await?.into_iter().filter(|run| run.mode != RunMode::Undo) {
            let mut after = 0;
            loop {
                let entries = self.made_by(&run.id, after).await?;
                let Some(last) = entries.last() else { break };
                after = last.seq;
                for target in targets {
                    let entries = entries.iter().filter(|entry| entry.table == target.table);
                    self.learn(target, entries.filter_map(Entry::row), &mut made).await?;
                }
            }
        }
        Ok(made.complete())
    }

    async fn made_by(&mut self, run: &RunId, after: i64) -> Result<Vec<Entry>, StoreError> {
        let statement = self.names.statement(sql!("made"), &[run_id(run), ("after", integer(after)), rows(AT_ONCE)]);
        let entry = |cells: &dyn Cells| {
            let text = |index| cells.owned(index).map(Option::unwrap_or_default);
            let seq = cells.integer(0)?.unwrap_or_default();
            Ok(Entry { seq, table: text(1)?, key: text(2)?, sha256: text(3)? })
        };
        self.connection.rows("the journal could not be read", statement, entry).await
    }

    /// Learns values of one table, by the keys of their rows or by names that lead to these.
    async fn learn(
        &mut self,
        target: &'static Target,
        entries: impl Iterator<Item = (Map<String, Value>, [u8; 32])>,
        made: &mut Made,
    ) -> Result<(), StoreError> {
        let (mut by_name, mut named) = (None, HashMap::new());
        for (object, sha256) in entries {
            if let Some(key) = target.key_from_object(&object) {
                made.learn(&target.table, &key, &sha256);
                continue;
            }
            // A table of the user's own may have got another key since, and nothing was carried into it.
            if target.is_own() {
                continue;
            }
            let by_name = by_name.get_or_insert_with(|| Target { key: columns(&object), ..target.clone() });
            named.extend(by_name.key_from_object(&object).map(|name| (name, sha256)));
        }
        let Some(by_name) = by_name else { return Ok(()) };
        for (name, key) in self.keys_of(target, &by_name, named.keys().collect()).await? {
            // To MySQL, names that differ in case may be the same, so others may be there as well.
            if let Some(sha256) = named.get(&name) {
                made.learn(&target.table, &key, sha256);
            }
        }
        Ok(())
    }

    /// The rows that are there under these names: of each its name and its key.
    async fn keys_of(
        &mut self,
        target: &Target,
        by_name: &Target,
        wanted: Vec<&Key>,
    ) -> Result<Vec<(Key, Key)>, StoreError> {
        let names = &self.names;
        let what = format!("rows of {} could not be looked up", target.table);
        let both = |cells: &dyn Cells| {
            let key = scalars(cells, &target.key, by_name.key.len())?;
            Ok((Key(scalars(cells, &by_name.key, 0)?), Key(key)))
        };
        let look_up = async |read: &mut Transaction<'_>| {
            let mut found = Vec::with_capacity(wanted.len());
            for wanted in wanted.chunks(keys_at_once(names.dialect, by_name.key.len())) {
                let own = target.key.iter().map(|column| column.name.as_str()).collect();
                let fills = [("own", Fill::Columns(own)), ("key_in", Fill::KeyIn(wanted.to_vec()))];
                found.extend(read.rows(&what, names.about(by_name, sql!("keys_of_names"), &fills), both).await?);
            }
            Ok(found)
        };
        self.connection.within(Access::Read, look_up).await
    }
}

impl Entry {
    /// The key or name of the row, and the digest of what it became.
    fn row(&self) -> Option<(Map<String, Value>, [u8; 32])> {
        let mut sha256 = [0; 32];
        hex::decode_to_slice(&self.sha256, &mut sha256).ok()?;
        Some((serde_json::from_str(&self.key).ok()?, sha256))
    }
}

/// The columns that a name consists of.
fn columns(object: &Map<String, Value>) -> Vec<Column> {
    let holds = |value: &Value| if value.is_i64() { ColumnType::Integer } else { ColumnType::Text };
    object.iter().map(|(name, value)| Column { name: name.clone(), holds: holds(value) }).collect()
}
