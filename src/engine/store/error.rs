//! What can go wrong with a database, and what the user can do about it.

use std::error::Error;
use std::fmt;

/// What kind of trouble a database gave, as far as anyone decides by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No connection could be made.
    Unreachable,
    /// A connection that had been made broke.
    Lost,
    /// The role may not do this.
    Denied,
    /// A lock was not to be had in time, a deadlock, a serialization failure: trying again may help.
    Contended,
    /// The database would not take a value: a constraint, a trigger, a length.
    Refused,
    /// A row came, went or changed between a look at it and the change that was to follow: looking again may help.
    Overtaken,
    /// Nobody wants more of the rows of a window that the database is still handing over.
    Overfull,
    /// The tables that the work needs are not there.
    Missing,
    /// The journal is of a newer release, or damaged.
    Journal,
    /// The storage gave up: the disk is full, the file is damaged or cannot be read, ids come twice.
    Broken,
    /// Another process took the run over while this one slept.
    LeaseLost,
    /// Airflow is migrating the database.
    Migrating,
    /// The reviewed plan cannot be read any more.
    Plan,
    /// What the last check left cannot be read any more.
    Memory,
    /// Anything else.
    Other,
}

/// A failure of the store: what was being done, and what the database or driver said about it.
#[derive(Debug)]
pub struct StoreError {
    pub trouble: Trouble,
    /// What failed, as a lower-case fragment.
    pub what: String,
    /// What the user can do about it.
    pub hint: Option<String>,
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// A failure without a cause below it.
    pub fn new(trouble: Trouble, what: impl Into<String>) -> Self {
        Self { trouble, what: what.into(), hint: None, source: None }
    }

    /// Adds what the user can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what the user can do about it, where nothing better is known.
    #[must_use]
    pub fn or_hint(mut self, hint: &str) -> Self {
        self.hint.get_or_insert_with(|| hint.to_owned());
        self
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
