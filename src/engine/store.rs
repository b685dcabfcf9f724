//! What the engine needs of a database. The stores implement these traits; the engine knows no SQL.
//!
//! [`Source`] only reads; its [`Windows`] can be read by several threads, each on a connection of its own. [`Ledger`] also
//! keeps the journal, and hands out [`Chunk`]s, the only way to change a row.

use std::sync::Arc;
use std::time::Duration;

use super::made::Made;
use crate::domain::carry::Route;
use crate::domain::judge::Stored;
use crate::domain::repair::Capacity;
use crate::domain::run::{Progress, Run, RunId, RunMode, RunOptions, RunState};
use crate::domain::target::{Identity, Key, Scalar, Target};

mod change;
mod error;

pub use change::{Candidate, Change, Deed, Effect, Namesake, PastChange};
pub use error::{StoreError, Trouble};

/// The part of a table that one window reads.
#[derive(Clone, Copy, Debug)]
pub struct Span<'k> {
    /// The window begins behind this key; without one, at the beginning.
    pub after: Option<&'k Key>,
    /// The window ends with this key at the latest.
    pub until: &'k Key,
    /// Rows are left out that were written before this moment, in microseconds since 1970. A row that does not tell when
    /// it was written never is.
    pub since: Option<i64>,
    /// The most rows to read.
    pub rows: u32,
    pub besides: Besides,
}

/// What is read of a row besides its key and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Besides {
    Nothing,
    /// Whose it is and when it was written.
    Facts,
}

/// Whose a row is, when it was written and how long it is kept.
#[derive(Clone, Debug)]
pub struct Facts {
    pub identity: Identity,
    /// When a writer last wrote the row, in microseconds since 1970, where the row tells.
    pub moment: Option<i64>,
    /// From when on Airflow may drop the row, in microseconds since 1970, where it ever may.
    pub expires_at: Option<i64>,
}

/// A row of a window, borrowed from the driver.
pub trait Row {
    /// The value.
    fn value(&self) -> Stored<'_>;
    /// The key. Costs an allocation, so it is asked for when it is needed.
    fn key(&self) -> Result<Key, StoreError>;
    /// The facts, where the span asks for them.
    fn facts(&self) -> Result<Option<Facts>, StoreError>;
}

/// Takes the rows of a window one by one.
pub type EachRow<'a> = dyn FnMut(&dyn Row) -> Result<(), StoreError> + 'a;

/// A connection that can be made anew.
#[expect(async_fn_in_trait, reason = "the engine drives one store on one task and asks for no Send")]
pub trait Reconnect {
    /// Gives up the connection, which may be broken, and makes a new one.
    async fn reconnect(&mut self) -> Result<(), StoreError>;
}

/// What has to be known of a database to judge what is in it.
pub trait Known {
    /// What runs have made of strings, as of the last time that it was looked up.
    fn made(&self) -> Arc<Made>;

    /// The longest value that can be written.
    fn capacity(&self) -> Capacity;
}

/// Tables that can be read window by window.
#[expect(async_fn_in_trait, reason = "as for Reconnect")]
pub trait Windows: Known + Reconnect {
    /// Hands over the rows of a span in key order, and says where it stopped: the last key where the window was
    /// full, nothing where the span is exhausted.
    async fn window(
        &mut self,
        target: &'static Target,
        span: Span<'_>,
        each: &mut EachRow<'_>,
    ) -> Result<Option<Key>, StoreError>;

    /// The last key of the window of a span without its rows, with those counted that it leaves out; nothing where the
    /// span has fewer rows than that. Costs a part of what the window costs.
    async fn boundary(&mut self, target: &'static Target, span: Span<'_>) -> Result<Option<Key>, StoreError>;
}

/// A database that can be read.
#[expect(async_fn_in_trait, reason = "as for Reconnect")]
pub trait Source: Known + Reconnect {
    /// The windows of this database, for another thread.
    type Windows: Windows + Send + 'static;

    /// The windows on a connection of their own, which is made when they are first asked for.
    fn windows(&self) -> Self::Windows;

    /// Looks up what runs have made of strings in these tables, for [`Known::made`]. Where there is no journal, they have
    /// made nothing.
    async fn recall(&mut self, targets: &[&'static Target]) -> Result<(), StoreError>;

    /// The highest key of a table, or nothing where it is empty.
    async fn last_key(&mut self, target: &'static Target) -> Result<Option<Key>, StoreError>;

    /// How many rows a table has, as far as the database can say without counting them.
    async fn estimate(&mut self, target: &'static Target) -> Result<Option<u64>, StoreError>;

    /// Hands over the rows with these keys and their facts, in no order; rows that are gone are missing.
    async fn look_up(
        &mut self,
        target: &'static Target,
        keys: &[Key],
        each: &mut EachRow<'_>,
    ) -> Result<(), StoreError>;

    /// The facts of rows, in no order; rows that are gone are missing.
    async fn identify(&mut self, target: &'static Target, keys: &[Key]) -> Result<Vec<(Key, Facts)>, StoreError>;

    /// How many rows these lists have together. A list is named by what [`Target::list`] gives.
    async fn count_rows_of_lists(&mut self, target: &'static Target, lists: &[&[Scalar]]) -> Result<u64, StoreError>;
}

/// A database whose older tables can be looked at before their rows are carried.
#[expect(async_fn_in_trait, reason = "as for Reconnect")]
pub trait Older: Source {
    /// The keys of a span in their order, each with the length of its value in bytes.
    async fn lengths(&mut self, target: &'static Target, span: Span<'_>) -> Result<Vec<(Key, u64)>, StoreError>;

    /// As [`Chunk::candidates`], without a change to follow.
    async fn candidates(&mut self, route: &'static Route, keys: &[Key]) -> Result<Vec<Candidate>, StoreError>;
}

/// A row as it is in a transaction, and stays where it is locked.
#[derive(Debug)]
pub struct LockedRow {
    pub key: Key,
    pub facts: Facts,
    pub value: OwnedValue,
    /// When a writer last wrote the row, as far as the row tells, in a form that only this store compares.
    pub written_at: Option<String>,
}

/// A value that outlives its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedValue {
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl OwnedValue {
    /// The value as the judge takes it.
    pub fn stored(&self) -> Stored<'_> {
        match self {
            Self::Text(bytes) => Stored::Text(bytes),
            Self::Blob(bytes) => Stored::Blob(bytes),
        }
    }

    /// The value as text, where it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(bytes) => std::str::from_utf8(bytes).ok(),
            Self::Blob(_) => None,
        }
    }
}

/// How a run moves on: from what the journal should hold of its progress to what it shall hold. Where it holds something
/// else, nothing is moved: the server has lost commits, or somebody else was at the run.
#[derive(Clone, Copy, Debug)]
pub struct Step<'s> {
    pub from: &'s Progress,
    pub to: &'s Progress,
}

/// A short transaction that changes rows. Dropped without a commit, it leaves nothing behind.
#[expect(async_fn_in_trait, reason = "as for Reconnect")]
pub trait Chunk {
    /// Locks the rows with these keys against other writers and reads them again. Rows that are gone are missing.
    async fn lock(&mut self, target: &'static Target, keys: &[Key]) -> Result<Vec<LockedRow>, StoreError>;

    /// Reads rows of an older table, and whether they can go over into the released one. Rows that are gone are missing.
    /// Nothing is locked: a carry needs no right to change the older table, and [`Chunk::apply`] takes nothing but the rows
    /// that were read.
    async fn candidates(&mut self, route: &'static Route, keys: &[Key]) -> Result<Vec<Candidate>, StoreError>;

    /// Makes changes of one kind and writes them into the journal.
    async fn apply(&mut self, deed: Deed, changes: &[Change<'_>]) -> Result<(), StoreError>;

    /// Moves the run on and makes everything since the beginning of the chunk last.
    async fn commit(self, step: Step<'_>) -> Result<(), StoreError>;

    /// Undoes everything since the beginning of the chunk after a failure, now, if the connection still can: a dropped
    /// chunk may keep its locks for longer. Gives the failure back.
    async fn give_up(self, error: StoreError) -> StoreError;
}

/// How far the replicas are behind.
#[derive(Debug)]
pub enum Lag {
    /// The furthest of them is so far behind.
    Behind(Duration),
    /// One of them does not say, and why.
    Unknown(StoreError),
}

/// What asking for the lease gave.
#[derive(Debug)]
pub enum Lease {
    /// The run is ours: a new one, or one taken up where it had stopped.
    Granted(Box<Run>),
    /// Another run holds it.
    Held(Box<Run>),
}

/// A run that is to begin.
#[derive(Debug)]
pub struct NewRun<'r> {
    pub id: RunId,
    pub mode: RunMode,
    pub options: &'r RunOptions,
    pub host: &'r str,
    pub user: &'r str,
}

/// A database with a journal, where rows can be changed.
#[expect(async_fn_in_trait, reason = "as for Reconnect")]
pub trait Ledger: Source {
    /// The chunk of this store.
    type Chunk<'l>: Chunk
    where
        Self: 'l;

    /// Whether there is a journal. One of a newer release than this is an error.
    async fn has_journal(&mut self) -> Result<bool, StoreError>;

    /// Makes sure that Airflow is not migrating the database and that the role may do what a run does, as far as it can
    /// be known without doing it.
    async fn check(&mut self, deeds: &[Deed]) -> Result<(), StoreError>;

    /// Creates the journal's tables where they are missing, unless Airflow is migrating the database by now. The user may
    /// have taken a long time to answer since [`Ledger::check`].
    async fn prepare(&mut self, deeds: &[Deed]) -> Result<(), StoreError>;

    /// Asks for the lease: goes on with the given earlier run, or begins a new one. May be done twice.
    async fn acquire(&mut self, new: &NewRun<'_>, resume: Option<&RunId>) -> Result<Lease, StoreError>;

    /// Whether anything can be done to a table at all: someone may hold a lock on the whole of it.
    async fn admits(&mut self, deed: Deed) -> Result<(), StoreError>;

    /// Begins a chunk of the run that holds the lease.
    async fn begin(&mut self, run: &RunId) -> Result<Self::Chunk<'_>, StoreError>;

    /// How far the run that holds the lease has come, once every transaction is over that might move it.
    async fn progress(&mut self, run: &RunId) -> Result<Progress, StoreError>;

    /// How far the replicas are behind.
    async fn lag(&mut self, run: &RunId) -> Result<Lag, StoreError>;

    /// Fails while Airflow migrates the database.
    async fn refuse_while_migrating(&mut self) -> Result<(), StoreError>;

    /// Says that the run still lives, and stores how far it has come.
    async fn heartbeat(&mut self, run: &RunId, step: Step<'_>) -> Result<(), StoreError>;

    /// Gives the lease back and leaves the run in its final state. May be done twice.
    async fn release(&mut self, run: &RunId, step: Step<'_>, state: RunState) -> Result<(), StoreError>;

    /// Gives the lease back after a failure, and leaves what is stored of the run's progress alone.
    async fn abandon(&mut self, run: &RunId) -> Result<(), StoreError>;

    /// All runs, newest first.
    async fn runs(&mut self) -> Result<Vec<Run>, StoreError>;

    /// The numbers and lengths of a run's changes behind a number, in their order.
    async fn change_sizes(&mut self, run: &RunId, after: i64, limit: u32) -> Result<Vec<(i64, u64)>, StoreError>;

    /// The changes of a run to rows of these tables behind one number up to another, in their order.
    async fn changes(
        &mut self,
        run: &RunId,
        targets: &[&'static Target],
        after: i64,
        until: i64,
    ) -> Result<Vec<PastChange>, StoreError>;

    /// Marks a run as undone by another. The one that is at work does so, with a step of its own: should somebody have taken
    /// it over meanwhile, they may be at work on the run that is to be undone.
    async fn mark_undone(&mut self, run: &RunId, by: &RunId, at_work: &RunId, step: Step<'_>)
    -> Result<(), StoreError>;

    /// Marks a run as purged, so that nobody counts on its changes any more. Says no where a run is at work by now, which
    /// might undo it, or where the run did not end longer ago than this.
    async fn mark_purged(&mut self, run: &RunId, age: Duration) -> Result<bool, StoreError>;

    /// Drops the changes of a run behind a number and up to another from the journal, and says how many there were.
    async fn purge(&mut self, run: &RunId, after: i64, until: i64) -> Result<u64, StoreError>;

    /// The runs that ended longer ago than this, by the server's clock, and still have changes in the journal.
    async fn ended_before(&mut self, age: Duration) -> Result<Vec<RunId>, StoreError>;
}
