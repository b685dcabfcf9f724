//! How a check compares with the one before, in words: pure functions of the report.
//!
//! Names of tables come from the database and go through [`escape`](super::escape) here.

use indicatif::HumanCount;

use super::check::{Comparison, PassKind, TableCheck};
use super::escape::{sanitise, sanitise_line};
use super::model::Report;
use super::wording::{either, list, moment};

/// How many checks of the trend are shown. The JSON report has them all.
const MOST: usize = 7;

/// What the columns of the trend are; all but the first two are numbers.
pub const TREND: [&str; 7] = ["check", "rows read", "errors", "warnings", "notices", "new", "gone"];

/// What there is to say.
pub struct Compared {
    pub headline: String,
    /// Which rows were read, where that was not all of them.
    pub read: Option<String>,
    /// Each table that was looked at before, and what is new in it.
    pub tables: Vec<(String, String)>,
    /// What else has changed, as sentences.
    pub differences: Vec<String>,
}

/// The comparison with the last check, where there is one.
pub fn compared(report: &Report) -> Option<Compared> {
    let check = report.check.as_ref()?;
    let previous = check.previous_at.as_ref()?;
    // Where there is nothing to compare a table with, the differences say so.
    let known = report.tables.iter().filter_map(|table| {
        let check = table.check.as_ref()?;
        Some((sanitise_line(&table.table, 40), since_then(check, previous)?))
    });
    Some(Compared {
        headline: format!("Compared with the check of {}", moment(previous)),
        read: read(report),
        tables: known.collect(),
        differences: check.differences.iter().map(|difference| sanitise(difference).into_owned()).collect(),
    })
}

/// The last checks, oldest first, where there is more than this one.
pub fn trend(report: &Report) -> Vec<[String; TREND.len()]> {
    let points = report.check.as_ref().map_or(&[][..], |check| &check.trend);
    if points.len() < 2 {
        return Vec::new();
    }
    let shown = points[points.len().saturating_sub(MOST)..].iter().map(|point| {
        let read = match point.pass {
            PassKind::Full => "all",
            PassKind::Incremental => "some",
        };
        let counts = [point.errors, point.warnings, point.notices, point.new, point.gone];
        let [errors, warnings, notices, new, gone] = counts.map(|rows| HumanCount(rows).to_string());
        [moment(&point.at), read.to_owned(), errors, warnings, notices, new, gone]
    });
    shown.collect()
}

fn read(report: &Report) -> Option<String> {
    let some = || report.tables.iter().filter_map(|table| table.check.as_ref()).filter(|check| check.since.is_some());
    let since = moment(some().filter_map(|check| check.since.as_deref()).min()?);
    let full_at = moment(some().map(|check| check.full_at.as_str()).min()?);
    Some(format!(
        "Only rows written since {since}, and those found before, were read; the last check that read all began at \
         {full_at}."
    ))
}

fn since_then(check: &TableCheck, previous: &str) -> Option<String> {
    let at = check.previous_at.as_ref()?;
    let facts = in_words(&check.rows);
    // The last check may have left the table out.
    Some(if at == previous { facts } else { format!("{facts}, since {}", moment(at)) })
}

fn in_words(rows: &Comparison) -> String {
    let Comparison { new, changed, still, gone, gone_readable, gone_deleted, at_least, .. } = *rows;
    if at_least {
        let least = |rows, word| match rows {
            0 => format!("nothing {word}"),
            _ => format!("at least {} {word}", HumanCount(rows)),
        };
        let (new, gone) = (least(new, "new"), least(gone, "gone"));
        return format!("by the numbers {new} and {gone}; the last check had found too many to remember each");
    }
    let mut facts = vec![match (new, changed) {
        (0, _) => "nothing new".to_owned(),
        (_, 0) => format!("{} new", HumanCount(new)),
        _ => format!("{} new ({} in place of another bad value)", HumanCount(new), HumanCount(changed)),
    }];
    if still > 0 {
        facts.push(format!("{} still there", HumanCount(still)));
    }
    let mut ways = Vec::new();
    if gone_readable > 0 {
        ways.push(format!("{} {} well now", HumanCount(gone_readable), either(gone_readable, "reads", "read")));
    }
    if gone_deleted > 0 {
        ways.push(format!("{} deleted or expired", HumanCount(gone_deleted)));
    }
    if gone > 0 {
        facts.push(format!("{} gone ({})", HumanCount(gone), list(&ways)));
    }
    list(&facts)
}
