//! What a check remembers for the next one, in the form in which it is stored, and how the two are compared.
//!
//! The stored form is JSON lines: a [`Header`], a [`Line`] for each row that was flagged, a [`Summary`] and a [`Seal`].
//! There are no values in it, only digests. Names in it are read by later releases, so they stay.

mod before;
mod pass;

use serde::{Deserialize, Serialize};

use super::own::Declared;
use super::rules::Moment;
use super::target::{Key, Target};

pub use before::{Before, Novelty};
pub use pass::{OVERLAP, Pass, Why, Wish};

/// The version of the stored form that this release writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// How many rows are remembered one by one. Of tables with more flagged rows than there is room for, numbers alone are
/// remembered.
pub const MOST_ROWS: u64 = 1_000_000;

/// How many checks the trend goes back.
pub const LONGEST_HISTORY: usize = 30;

/// What the file is, and of which database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub state_version: u32,
    pub tool_version: String,
    /// For people. The password is masked.
    pub database: String,
    /// What tells the database from others, as a digest.
    pub fingerprint: String,
}

/// A row that was flagged: its table by the place in [`Summary::tables`], its key, and the beginning of its value's
/// digest in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line(pub usize, pub Key, pub String);

/// What is known besides the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Every table that a check has looked at, be it another one than the last.
    pub tables: Vec<Looked>,
    /// The last checks, oldest first.
    pub history: Vec<Past>,
}

/// What ends the file, and tells whether all before it is what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The digest of everything before this line, in hexadecimal.
    pub sha256: String,
}

/// A table, when it was last looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    pub table: String,
    /// The columns of its key. A table of the same name may have another key by now.
    pub key: Vec<String>,
    /// How its owner has declared it, where it is none of Airflow's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Declared>,
    /// When that check began.
    pub checked_at: Moment,
    /// When the last check began that read all of its rows.
    pub full_at: Moment,
    pub options: Options,
    pub flagged: u64,
    /// Those of the flagged rows that some reader fails on.
    pub errors: u64,
    /// Whether its flagged rows are among the lines.
    pub remembered: bool,
}

impl Looked {
    /// Whether this is the table that is there now.
    pub fn is(&self, target: &Target) -> bool {
        let same_key = self.key.iter().eq(target.key.iter().map(|column| &column.name));
        self.table == target.table && same_key && self.declared == target.declared()
    }
}

/// What decides which rows are flagged, besides their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The longest value that is not too large, in bytes.
    pub max_value_bytes: Option<u64>,
    /// The digest of the rules, where they are not the usual ones.
    pub rules: Option<String>,
    pub tool_version: String,
}

/// A check as the trend remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// When it began.
    pub at: Moment,
    /// The digest of its tables and options. Only checks of one scope are compared in a trend.
    pub scope: String,
    /// Whether it read all rows of all its tables.
    pub full: bool,
    pub rows_scanned: u64,
    pub errors: u64,
    pub warnings: u64,
    pub notices: u64,
    pub new: u64,
    pub gone: u64,
}

/// What has changed between two checks besides the rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// The last check did not look at this table.
    Joined(String),
    /// This check does not look at a table that an earlier one did.
    LeftOut(String),
    /// The table has another key than the one that was looked at, or is declared otherwise.
    Other(String),
    /// Another limit on the length of values.
    Limit {
        was: Option<u64>,
        is: Option<u64>,
    },
    Rules,
    Release {
        was: String,
    },
}

impl Options {
    /// What differs from the options of another check.
    pub fn differences(&self, was: &Self) -> Vec<Difference> {
        let limit = Difference::Limit { was: was.max_value_bytes, is: self.max_value_bytes };
        let release = Difference::Release { was: was.tool_version.clone() };
        let differences = [
            (self.max_value_bytes != was.max_value_bytes, limit),
            (self.rules != was.rules, Difference::Rules),
            (self.tool_version != was.tool_version, release),
        ];
        differences.into_iter().filter_map(|(differs, difference)| differs.then_some(difference)).collect()
    }
}

/// The beginning of a value's digest, by which a check recognises the value.
pub const fn short(sha256: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *sha256;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl Line {
    pub fn new(table: usize, key: Key, value: u64) -> Self {
        Self(table, key, format!("{value:016x}"))
    }

    /// The beginning of the value's digest, where the line has one.
    pub fn value(&self) -> Option<u64> {
        let digits = self.2.len() == 16 && self.2.bytes().all(|digit| digit.is_ascii_hexdigit());
        digits.then(|| u64::from_str_radix(&self.2, 16).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::generations;
    use crate::domain::generations::sample::{assets, tables, targets};
    use crate::domain::reader::Reader;
    use crate::domain::target::Scalar;

    #[test]
    fn a_line_survives_its_way_through_json() {
        let key = Key(vec![Scalar::Integer(7), Scalar::Text("a \"b\"\n🦀".to_owned())]);
        for value in [0, 1, u64::MAX, short(&[0xab; 32])] {
            let line = Line::new(3, key.clone(), value);
            let text = serde_json::to_string(&line).expect("JSON");
            assert!(text.starts_with("[3,[7,\"a") && !text.contains('\n'), "{text}");
            let read: Line = serde_json::from_str(&text).expect("a line");
            assert_eq!((&read, read.value()), (&line, Some(value)));
        }
    }

    #[test]
    fn what_is_no_digest_is_not_taken_for_one() {
        for digest in ["", "0", "000000000000000g", "+000000000000001", "00000000000000001"] {
            assert_eq!(Line(0, Key(Vec::new()), digest.to_owned()).value(), None, "{digest}");
        }
    }

    #[test]
    fn a_table_of_the_same_name_with_another_key_is_another_table() {
        let [tasks, _] = targets(1);
        let looked = sample::looked(tasks);
        assert!(looked.is(tasks) && sample::looked(assets()).is(assets()));
        assert!(!looked.is(targets(2)[0]), "generation 2 has the name and another key");
    }

    #[test]
    fn a_table_that_is_declared_otherwise_is_another_table() {
        let own = |reader| Target { generation: None, reader, table: "t".to_owned(), ..tasks() };
        let looked = sample::looked(&own(Reader::Jsonb));
        assert!(looked.is(&own(Reader::Jsonb)) && !looked.is(&own(Reader::JsonLoads)));
        let text = serde_json::to_string(&looked).expect("JSON");
        assert_eq!(serde_json::from_str::<Looked>(&text).expect("a table"), looked);
    }

    fn tasks() -> Target {
        generations::recognise(&tables(4)).remove(0)
    }

    #[test]
    fn every_option_that_differs_is_told() {
        let is = sample::options();
        let was = Options { max_value_bytes: None, rules: Some("1".to_owned()), tool_version: "0.0.9".to_owned() };
        assert_eq!(is.differences(&is), []);
        let all = [
            Difference::Limit { was: None, is: Some(65_535) },
            Difference::Rules,
            Difference::Release { was: "0.0.9".to_owned() },
        ];
        assert_eq!(is.differences(&was), all);
    }
}

#[cfg(test)]
pub mod sample {
    use super::{Looked, Moment, Options, Target};

    pub fn options() -> Options {
        Options { max_value_bytes: Some(65_535), rules: None, tool_version: "0.1.0".to_owned() }
    }

    /// A table in which nothing was found a day after 1970 began, when all of it was read.
    pub fn looked(target: &Target) -> Looked {
        let day = Moment(86_400_000_000);
        Looked {
            table: target.table.clone(),
            key: target.key.iter().map(|column| column.name.clone()).collect(),
            declared: target.declared(),
            checked_at: day,
            full_at: day,
            options: options(),
            flagged: 0,
            errors: 0,
            remembered: true,
        }
    }
}
