//! The stored form of a reviewed plan: JSON lines, first a [`Header`], then a [`Line`] for each row to be rewritten.
//!
//! A plan has no values, only their digests, so it can be mailed and reviewed. Names in it are part of the contract
//! with scripts.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::target::{Key, Target};

/// The version of the stored form that this release writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// What a plan is, and for which database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub plan_version: u32,
    pub tool_version: String,
    /// RFC 3339.
    pub made_at: String,
    /// For people. The password is masked.
    pub database: String,
    /// What tells the database from others, as a digest.
    pub fingerprint: String,
    /// The digest of everything that decides what is written.
    pub rules: String,
    /// The tables that were scanned, in their order.
    pub tables: Vec<String>,
}

/// A row that is to be rewritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub table: String,
    pub key: Map<String, Value>,
    pub kind: String,
    pub action: String,
    /// The length of the value.
    pub bytes: u64,
    /// The SHA-256 of the value, in hexadecimal.
    pub before: String,
    /// The SHA-256 of what the value is to become, in hexadecimal.
    pub after: String,
}

impl Line {
    /// The row of one of these tables that is meant, where there can be such a row.
    pub fn row(&self, targets: &[&'static Target]) -> Option<(&'static Target, Key)> {
        let target = *targets.iter().find(|target| target.table == self.table)?;
        Some((target, target.key_from_object(&self.key)?))
    }
}
