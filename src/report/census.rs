//! A census as reports show it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Serialize;

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
    let seen = |Seen { rows, first, last }| TypeReport { rows, first: first.map(moment), last: last.map(moment) };
    let changed = |Change { after, until }| ChangeReport { after: moment(after), until: moment(until) };
    KeyReport {
        key: key.to_owned(),
        rows: types.rows(),
        types: types.types().map(|(holds, rows)| (holds, seen(rows))).collect(),
        mixed: types.is_mixed(),
        changed: types.change().map(changed),
    }
}

/// A moment of the database, in microseconds since 1970, as RFC 3339.
pub fn moment(micros: i64) -> String {
    humantime::format_rfc3339_micros(time(micros)).to_string()
}

/// So many microseconds since 1970.
pub(super) fn time(micros: i64) -> SystemTime {
    let since = Duration::from_micros(micros.unsigned_abs());
    let time = match micros {
        0.. => SystemTime::UNIX_EPOCH.checked_add(since),
        _ => SystemTime::UNIX_EPOCH.checked_sub(since),
    };
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}
