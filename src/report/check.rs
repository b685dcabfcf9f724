//! What a check adds to a report: how what it found compares with what the last one found.

use serde::Serialize;

use super::model::{Counts, TableReport};
use super::wording::{count, time};
use crate::domain::check::{Difference, Looked, Novelty, Pass, Past};
use crate::domain::finding::Severity;
use crate::domain::rules::Moment;
use crate::domain::target::Target;
use crate::engine::Ending;
use crate::engine::events::Flagged;

pub mod words;

/// What is known of earlier checks before this one begins.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// What else has changed since the last one.
    pub differences: Vec<Difference>,
    /// The checks of the same scope, oldest first.
    pub history: Vec<Past>,
}

/// How a check compares with the last one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// When the last check of any of the tables began, RFC 3339; null where there was none.
    pub previous_at: Option<String>,
    /// Whether every row of every table was read.
    pub pass: PassKind,
    /// The sums over all tables.
    #[serde(flatten)]
    pub rows: Comparison,
    /// What else has changed since the last check, as sentences.
    pub differences: Vec<String>,
    /// The last checks of the same tables with the same options, oldest first; this one is the last of them.
    pub trend: Vec<TrendPoint>,
}

/// How a table compares with the last time that it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableCheck {
    /// When that check began, RFC 3339; null where there was none.
    pub previous_at: Option<String>,
    /// Whether every row of the table was read.
    pub pass: PassKind,
    /// Rows were read that were written at this moment or later, RFC 3339, and those that were flagged before. Missing
    /// where all were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// When the last check began that read all rows of the table, RFC 3339.
    pub full_at: String,
    #[serde(flatten)]
    pub rows: Comparison,
}

/// Which rows were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PassKind {
    /// All of them.
    Full,
    /// Those that were written since the last check, and those that it had flagged.
    Incremental,
}

impl PassKind {
    /// The name that reports and logs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "incremental",
        }
    }
}

/// Flagged rows of this check and the last. Each one of this check is new, still there, or part of the baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Flagged now and not then, or with another value then.
    pub new: u64,
    /// Those of them that some reader fails on.
    pub new_errors: u64,
    /// Those of them that were flagged then, with another value: somebody has written a bad one again.
    pub changed: u64,
    /// Flagged then, and now with the same value.
    pub still: u64,
    /// Flagged then and not now.
    pub gone: u64,
    /// Those of them that read well.
    pub gone_readable: u64,
    /// Those of them that are not there any more, deleted or expired.
    pub gone_deleted: u64,
    /// Flagged now, in a table that has not been looked at before.
    pub baseline: u64,
    /// Present where the last check had flagged too many rows to remember them. `new`, `new_errors` and `gone` then
    /// follow from the numbers alone and are the least that they can be; `still` is the most.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
}

/// What a check of the past found, or this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrendPoint {
    /// When it began, RFC 3339.
    pub at: String,
    pub pass: PassKind,
    pub rows_scanned: u64,
    pub errors: u64,
    pub warnings: u64,
    pub notices: u64,
    pub new: u64,
    pub gone: u64,
}

/// A table while it is compared.
#[derive(Clone, Debug)]
pub(super) struct Comparing {
    last: Option<Looked>,
    pass: Pass,
    rows: Comparison,
}

impl Comparing {
    pub fn new(last: Option<&Looked>, pass: Pass) -> Self {
        Self { last: last.cloned(), pass, rows: Comparison::default() }
    }

    pub fn flagged(&mut self, target: &Target, row: &Flagged, novelty: Novelty) {
        let rows = &mut self.rows;
        let severity = row.finding.as_ref().map(|finding| target.reader.severity(finding.kind));
        let fails = severity == Some(Severity::Error);
        match novelty {
            Novelty::Unknown => rows.baseline += 1,
            Novelty::Still => rows.still += 1,
            Novelty::New | Novelty::Changed => {
                rows.new += 1;
                rows.new_errors += u64::from(fails);
                rows.changed += u64::from(novelty == Novelty::Changed);
            }
        }
    }

    pub const fn gone(&mut self, readable: u64, deleted: u64) {
        self.rows.gone += readable + deleted;
        self.rows.gone_readable += readable;
        self.rows.gone_deleted += deleted;
    }

    /// Ends the comparison of a table in which so much was found by a check that began at `started_at`.
    pub fn into_report(self, counts: &Counts, ending: Ending, started_at: &str) -> TableCheck {
        let Self { last, pass, rows } = self;
        let by_numbers = |last: &&Looked| !last.remembered && ending == Ending::Complete;
        let rows = last.as_ref().filter(by_numbers).map_or(rows, |last| by_the_numbers(last, counts));
        let full_at = match (pass, &last) {
            (Pass::Since(_), Some(last)) => at(last.full_at),
            _ => started_at.to_owned(),
        };
        TableCheck {
            previous_at: last.map(|last| at(last.checked_at)),
            pass: pass.into(),
            since: pass.since().map(at),
            full_at,
            rows,
        }
    }
}

/// What numbers alone tell.
fn by_the_numbers(last: &Looked, now: &Counts) -> Comparison {
    Comparison {
        new: now.flagged.saturating_sub(last.flagged),
        new_errors: now.errors.saturating_sub(last.errors),
        gone: last.flagged.saturating_sub(now.flagged),
        still: now.flagged.min(last.flagged),
        at_least: true,
        ..Comparison::default()
    }
}

impl CheckReport {
    /// The comparison of all tables, in which so much was found by a check that began at `started_at`.
    pub(super) fn new(earlier: Earlier, tables: &[TableReport], totals: &Counts, started_at: &str) -> Self {
        let compared: Vec<&TableCheck> = tables.iter().filter_map(|table| table.check.as_ref()).collect();
        let mut rows = Comparison::default();
        compared.iter().for_each(|table| rows.add(&table.rows));
        let incremental = compared.iter().any(|table| table.pass == PassKind::Incremental);
        let pass = if incremental { PassKind::Incremental } else { PassKind::Full };
        let now = TrendPoint {
            at: started_at.to_owned(),
            pass,
            rows_scanned: totals.rows_scanned,
            errors: totals.errors,
            warnings: totals.warnings,
            notices: totals.notices,
            new: rows.new,
            gone: rows.gone,
        };
        Self {
            // All are in UTC and equally long, so the order of the texts is that of the times.
            previous_at: compared.iter().filter_map(|table| table.previous_at.clone()).max(),
            pass,
            rows,
            differences: earlier.differences.iter().map(sentence).collect(),
            trend: earlier.history.iter().map(TrendPoint::of).chain([now]).collect(),
        }
    }

    /// Whether no table had been looked at before.
    pub const fn is_first(&self) -> bool {
        self.previous_at.is_none()
    }
}

impl Comparison {
    fn add(&mut self, other: &Self) {
        self.new += other.new;
        self.new_errors += other.new_errors;
        self.changed += other.changed;
        self.still += other.still;
        self.gone += other.gone;
        self.gone_readable += other.gone_readable;
        self.gone_deleted += other.gone_deleted;
        self.baseline += other.baseline;
        self.at_least |= other.at_least;
    }
}

impl TrendPoint {
    fn of(past: &Past) -> Self {
        Self {
            at: at(past.at),
            pass: if past.full { PassKind::Full } else { PassKind::Incremental },
            rows_scanned: past.rows_scanned,
            errors: past.errors,
            warnings: past.warnings,
            notices: past.notices,
            new: past.new,
            gone: past.gone,
        }
    }
}

impl From<Pass> for PassKind {
    fn from(pass: Pass) -> Self {
        match pass {
            Pass::Full(_) => Self::Full,
            Pass::Since(_) => Self::Incremental,
        }
    }
}

/// A moment as precise as reports tell when they were begun.
fn at(Moment(micros): Moment) -> String {
    humantime::format_rfc3339_millis(time(micros)).to_string()
}

/// A difference, and what it means for the comparison.
fn sentence(difference: &Difference) -> String {
    let limit = |bytes: Option<u64>| bytes.map_or_else(|| "none".to_owned(), |bytes| count(bytes, "byte"));
    match difference {
        Difference::Joined(table) => {
            format!("{table} has not been looked at before, so nothing in it is new.")
        }
        Difference::LeftOut(table) => {
            format!("{table} is not looked at now: what was found in it stays remembered.")
        }
        Difference::Other(table) => {
            format!(
                "{table} has another key, or is declared otherwise, than when it was looked at, so nothing in it is new."
            )
        }
        Difference::Limit { was, is } => format!(
            "The limit on the length of values was {} and is {}: rows may be too large now and not then, or the other \
             way round.",
            limit(*was),
            limit(*is)
        ),
        Difference::Rules => "The rules are others: rows that read well may be flagged now and not then, or the other \
                              way round."
            .to_owned(),
        Difference::Release { was } => {
            format!("The last check was by statemend {was}, which may judge some values differently.")
        }
    }
}
