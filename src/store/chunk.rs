//! The transaction that changes rows: lock, write, journal, move the cursor.

use super::catalog::run_id;
use super::connection::Transaction;
use super::driver::Cells;
use super::location::Dialect;
use super::source::{identity, key};
use super::statement::{Fill, Names, Param, sql, text};
use super::stored::as_text;
use crate::domain::judge::Stored;
use crate::domain::run::{Progress, RunId};
use crate::domain::target::{Key, Target};
use crate::engine::flag::digest;
use crate::engine::store::{Change, Chunk, LockedRow, OwnedValue, StoreError, Trouble};

/// A chunk of a run that holds the lease.
pub struct SqlChunk<'c> {
    pub(super) transaction: Transaction<'c>,
    pub(super) names: &'c Names,
    pub(super) owner: &'c str,
    pub(super) run: RunId,
}

impl Chunk for SqlChunk<'_> {
    async fn lock(&mut self, target: &'static Target, keys: &[Key]) -> Result<Vec<LockedRow>, StoreError> {
        let statement = self.names.about(target, sql!(self.names.dialect, "lock"), &[("key_in", Fill::KeyIn(keys))]);
        let what = format!("rows of {} could not be locked", target.table);
        let value_index = target.key.len() + target.identity.len();
        let read = |cells: &dyn Cells| {
            let value = match cells.value(value_index)? {
                Stored::Text(bytes) => OwnedValue::Text(bytes.to_owned()),
                Stored::Blob(bytes) => OwnedValue::Blob(bytes.to_owned()),
            };
            Ok(LockedRow { key: key(cells, target)?, identity: identity(cells, target)?, value })
        };
        self.transaction.rows(&what, statement, read).await
    }

    async fn apply(&mut self, target: &'static Target, changes: &[Change<'_>]) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.record(target, changes).await?;
        match self.names.dialect {
            Dialect::Postgres => self.update_all(target, changes).await,
            Dialect::MySql | Dialect::Sqlite => self.update_each(target, changes).await,
        }
    }

    async fn commit(mut self, progress: &Progress) -> Result<(), StoreError> {
        advance(&mut self.transaction, self.names, self.owner, &self.run, progress).await?;
        self.transaction.commit().await
    }
}

impl SqlChunk<'_> {
    async fn record(&mut self, target: &Target, changes: &[Change<'_>]) -> Result<(), StoreError> {
        let texts: Vec<(String, String)> = changes.iter().map(|change| stored_texts(target, change)).collect();
        let rows = changes.iter().zip(&texts);
        let entries = rows.map(|(change, (key, digest))| entry(&self.run, target, change, key, digest)).collect();
        let statement = self.names.statement(sql!("record"), &[("entries", Fill::Rows(entries))]);
        self.transaction.run("the journal could not be written", statement).await.map(drop)
    }

    async fn update_all(&mut self, target: &Target, changes: &[Change<'_>]) -> Result<(), StoreError> {
        let keys = changes.iter().map(|change| change.key).collect();
        let after = changes.iter().map(|change| change.after).collect();
        let fills = [("key_arrays", Fill::KeyArrays(keys)), ("after", Fill::Param(Param::Texts(after)))];
        let statement = self.names.about(target, sql!(self.names.dialect, "update"), &fills);
        let matched = self.transaction.run(&not_written(target), statement).await?;
        all_matched(target, matched, changes.len())
    }

    async fn update_each(&mut self, target: &Target, changes: &[Change<'_>]) -> Result<(), StoreError> {
        let mut matched = 0;
        for change in changes {
            let fills = [("after", text(change.after)), ("key_is", Fill::KeyIs(change.key))];
            let statement = self.names.about(target, sql!(self.names.dialect, "update"), &fills);
            matched += self.transaction.run(&not_written(target), statement).await?;
        }
        all_matched(target, matched, changes.len())
    }
}

fn not_written(target: &Target) -> String {
    format!("rows of {} could not be written", target.table)
}

/// Locked rows cannot go away, so a row that is not found is a fault of ours; better no chunk than a wrong journal.
fn all_matched(target: &Target, matched: u64, changes: usize) -> Result<(), StoreError> {
    if matched == changes as u64 {
        return Ok(());
    }
    let what = format!("of {changes} locked rows of {}, {matched} were found again", target.table);
    Err(StoreError::new(Trouble::Other, what))
}

/// The key and the digest of the new value, in the form in which the journal stores them.
fn stored_texts(target: &Target, change: &Change<'_>) -> (String, String) {
    let key = serde_json::Value::Object(target.key_object(change.key)).to_string();
    (key, hex::encode(digest(change.after.as_bytes())))
}

fn entry<'e>(run: &'e RunId, target: &Target, change: &'e Change<'_>, key: &'e str, digest: &'e str) -> Vec<Param<'e>> {
    vec![
        Param::Text(&run.0),
        Param::Integer(change.seq),
        Param::Text(target.table),
        Param::Text(key),
        Param::Text(change.kind),
        Param::Text(change.action),
        Param::Text(change.before),
        Param::Integer(change.before.len() as i64),
        Param::Text(digest),
    ]
}

/// Stores how far a run has come, unless another process has taken it over.
pub(super) async fn advance(
    transaction: &mut Transaction<'_>,
    names: &Names,
    owner: &str,
    run: &RunId,
    progress: &Progress,
) -> Result<(), StoreError> {
    let progress = as_text(progress)?;
    let fills = [("progress", text(&progress)), run_id(run), ("owner", text(owner))];
    let statement = names.statement(sql!("advance_run"), &fills);
    match transaction.run("the run's progress could not be stored", statement).await? {
        1 => Ok(()),
        _ => Err(lease_lost(run)),
    }
}

pub(super) fn lease_lost(run: &RunId) -> StoreError {
    let what = format!("another process has taken run {run} over");
    StoreError::new(Trouble::LeaseLost, what)
        .hint("this process did not show itself for a minute; see `statemend runs` for who is at it now")
}
