//! Charts as numbers: how long a bar is, in per cent. The browser does the rest.

use indicatif::HumanCount;

use crate::domain::finding::Severity;
use crate::report::circumstances::{BucketReport, WrittenReport};
use crate::report::model::Counts;
use crate::report::wording::{count, micros, moment};

/// The shortest bar that can be seen.
const SHORTEST: f64 = 0.5;

/// A bar beside its number.
pub struct Bar {
    /// In per cent of the longest.
    pub length: String,
    pub rows: String,
}

impl Bar {
    /// A bar for so many, where the longest is for `most`.
    pub fn new(rows: u64, most: u64) -> Self {
        Self { length: percent(rows, most), rows: HumanCount(rows).to_string() }
    }
}

/// A part of a whole.
pub struct Part {
    pub class: &'static str,
    /// Where it begins and how long it is, in per cent.
    pub from: String,
    pub length: String,
    pub label: String,
}

/// How severe the findings are.
pub fn severities(totals: &Counts) -> Vec<Part> {
    let parts =
        [(Severity::Error, totals.errors), (Severity::Warning, totals.warnings), (Severity::Notice, totals.notices)];
    let all = parts.iter().map(|(_, rows)| rows).sum::<u64>().max(1);
    let mut before = 0;
    let part = |(level, rows): (Severity, u64)| {
        let from = before as f64 * 100.0 / all as f64;
        before += rows;
        let length = rows as f64 * 100.0 / all as f64;
        Part {
            class: level.name(),
            from: format!("{from:.2}"),
            length: format!("{length:.2}"),
            label: count(rows, level.name()),
        }
    };
    parts.into_iter().filter(|(_, rows)| *rows > 0).map(part).collect()
}

/// When rows were written.
pub struct Histogram {
    pub unit: &'static str,
    pub columns: Vec<Column>,
    pub first: String,
    pub last: String,
    /// How many rows the highest column stands for.
    pub most: String,
    /// Rows of before, where there are any.
    pub earlier: Option<String>,
}

/// One hour, day or week.
pub struct Column {
    /// Where it begins, its lower end being at 100.
    pub x: usize,
    pub y: String,
    pub height: String,
    pub rows: String,
    pub from: String,
    /// Whether it reaches into the 24 hours before the report was begun.
    pub lately: bool,
}

const DAY: i64 = 24 * 3_600_000_000;

impl Histogram {
    /// Nothing where all rows were written in one hour.
    pub fn new(written: &WrittenReport, started_at: &str) -> Option<Self> {
        let [first, .., last] = written.buckets.as_slice() else { return None };
        let most = written.buckets.iter().map(|bucket| bucket.rows).max().unwrap_or_default();
        let yesterday = micros(started_at).saturating_sub(DAY);
        // Where each of them ends: at the beginning of the next, the last with the row that was written last.
        let ends = written.buckets[1..].iter().map(|next| &next.from).chain([&written.last]);
        let ends: Vec<i64> = ends.map(|end| micros(end)).collect();
        let column = |(index, bucket): (usize, &BucketReport)| {
            let height = share(bucket.rows, most);
            Column {
                x: index * 10,
                y: format!("{:.1}", 100.0 - height),
                height: format!("{height:.1}"),
                rows: count(bucket.rows, "row"),
                from: moment(&bucket.from),
                lately: ends[index] > yesterday,
            }
        };
        Some(Self {
            unit: written.unit.name(),
            columns: written.buckets.iter().enumerate().map(column).collect(),
            first: day(&first.from),
            last: day(&last.from),
            most: count(most, "row"),
            earlier: (written.earlier > 0).then(|| format!("{} were written before", count(written.earlier, "row"))),
        })
    }

    /// How wide the picture is, at most. What stands below it needs some room, too.
    pub fn width(&self) -> usize {
        (self.columns.len() * 24).max(280)
    }
}

/// The date and the minute.
fn day(rfc_3339: &str) -> String {
    moment(rfc_3339).trim_end_matches(":00 UTC").trim_end_matches(" 00:00").to_owned()
}

fn percent(rows: u64, most: u64) -> String {
    format!("{:.1}", share(rows, most))
}

fn share(rows: u64, most: u64) -> f64 {
    match rows {
        0 => 0.0,
        _ => (rows as f64 * 100.0 / most.max(1) as f64).clamp(SHORTEST, 100.0),
    }
}
