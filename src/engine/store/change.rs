//! What a run does to rows: with which tables, to which row, and what the journal remembers of it.

use super::{LockedRow, OwnedValue};
use crate::domain::carry::Route;
use crate::domain::target::{Key, Target};
use crate::engine::flag::digest;

/// What a run does with a table.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    /// Values of it become others.
    Rewrite(&'static Target),
    /// Rows of an older table are copied into the released one.
    Carry(&'static Route),
    /// Rows that a carry has made are taken out of it again.
    Remove(&'static Target),
}

impl Deed {
    /// The table that the work goes through.
    pub const fn reads(self) -> &'static Target {
        match self {
            Self::Rewrite(target) | Self::Remove(target) => target,
            Self::Carry(route) => route.from,
        }
    }

    /// The table that is changed.
    pub const fn changes(self) -> &'static Target {
        match self {
            Self::Rewrite(target) | Self::Remove(target) => target,
            Self::Carry(route) => route.to,
        }
    }
}

/// A change of one row, to be made and journaled together.
#[derive(Debug)]
pub struct Change<'c> {
    /// The number of the change in its run.
    pub seq: i64,
    /// The row's key in the table that is changed.
    pub key: &'c Key,
    pub kind: &'c str,
    pub action: &'c str,
    pub effect: &'c Effect,
    /// As in [`LockedRow`]; a change of ours leaves it alone.
    pub written_at: Option<&'c str>,
}

/// What a change does to its row.
#[derive(Debug)]
pub enum Effect {
    /// Its value becomes another.
    Rewrite { before: String, after: String },
    /// It comes into being, as a copy of the row that has this key in an older table.
    Carry {
        from: Key,
        /// The value; nothing where it is copied as it is.
        after: Option<String>,
        /// The length of the value in the older table.
        bytes: u64,
        /// The digest of the value in the released one.
        sha256: [u8; 32],
    },
    /// It is taken away.
    Remove { before: String },
}

impl Effect {
    /// The value that is there no more.
    pub fn before(&self) -> Option<&str> {
        match self {
            Self::Rewrite { before, .. } | Self::Remove { before } => Some(before),
            Self::Carry { .. } => None,
        }
    }

    /// The value that is to be written.
    pub fn after(&self) -> Option<&str> {
        match self {
            Self::Rewrite { after, .. } => Some(after),
            Self::Carry { after, .. } => after.as_deref(),
            Self::Remove { .. } => None,
        }
    }

    /// The length of the value that the row had, here or in the older table.
    pub fn bytes_before(&self) -> u64 {
        match self {
            Self::Rewrite { before, .. } | Self::Remove { before } => before.len() as u64,
            Self::Carry { bytes, .. } => *bytes,
        }
    }

    /// The digest of the value that is there afterwards, if there is one.
    pub fn sha256_after(&self) -> Option<[u8; 32]> {
        match self {
            Self::Rewrite { after, .. } => Some(digest(after.as_bytes())),
            Self::Carry { sha256, .. } => Some(*sha256),
            Self::Remove { .. } => None,
        }
    }
}

/// A change as the journal remembers it.
#[derive(Debug)]
pub struct PastChange {
    pub seq: i64,
    pub table: String,
    pub key: Key,
    pub kind: String,
    /// Nothing where the change made the row.
    pub before: Option<String>,
    /// Nothing where the change took the row away.
    pub after_sha256: Option<[u8; 32]>,
    pub written_at: Option<String>,
}

/// A row of an older table that is to be carried, and what else there is under its name.
#[derive(Debug)]
pub struct Candidate {
    pub row: LockedRow,
    /// What names the row for Airflow: its key in the released table.
    pub name: Key,
    /// Whether the DAG run or asset exists whose state it is.
    pub has_owner: bool,
    /// The row of this name in the newest of the older tables that are newer than its own.
    pub newer: Option<Namesake>,
    /// The row of this name in the released table.
    pub there: Option<Namesake>,
}

/// Another row of the same name.
#[derive(Debug)]
pub struct Namesake {
    pub value: OwnedValue,
    /// As in [`LockedRow`]. Times of all tables of a database can be compared.
    pub written_at: Option<String>,
}
