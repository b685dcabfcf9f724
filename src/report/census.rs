//! A census as reports show it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::wording::rfc_3339;
use crate::domain::census::{Census, Change, JsonType, KeyTypes, Seen};

/// What the keys of one table hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CensusReport {
    /// In the order of their names.
    pub keys: Vec<KeyReport>,
    /// Rows of keys that there was no room for.
    pub other_rows: u64,
}

/// What one key holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyReport {
    pub key: String,
    pub rows: u64,
    pub types: BTreeMap<JsonType, TypeReport>,
    /// Whether readers get values of several types, `null` aside.
    pub mixed: bool,
    /// Where all that is not a string is older than all strings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<ChangeReport>,
}

/// How often a type was seen, and from when to when, RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TypeReport {
    pub rows: u64,
    pub first: Option<String>,
    pub last: Option<String>,
}

/// Between which moments a key began to hold strings, RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeReport {
    pub after: String,
    pub until: String,
}

impl CensusReport {
    pub fn new(census: &Census) -> Self {
        Self { keys: census.keys().map(key).collect(), other_rows: census.others() }
    }
}

fn key((key, types): (&str, &KeyTypes)) -> KeyReport {
    let seen = |Seen { rows, first, last }| TypeReport { rows, first: first.map(rfc_3339), last: last.map(rfc_3339) };
    let changed = |Change { after, until }| ChangeReport { after: rfc_3339(after), until: rfc_3339(until) };
    KeyReport {
        key: key.to_owned(),
        rows: types.rows(),
        types: types.types().map(|(holds, rows)| (holds, seen(rows))).collect(),
        mixed: types.is_mixed(),
        changed: types.change().map(changed),
    }
}
