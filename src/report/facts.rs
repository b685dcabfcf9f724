//! What is known of all rows of one severity together, in words: pure functions of the report.

use indicatif::HumanCount;
use serde_json::Value;

use super::census::CensusReport;
use super::circumstances::{CircumstancesReport, ExpiryReport, SourceReport, SourcesReport, WrittenReport};
use super::escape::sanitise_line;
use super::model::{Counts, Report};
use super::rows::Named;
use super::sentences::by;
use super::wording::{count, either, list, moment};
use crate::domain::finding::Severity;

/// The sorts of sources in the order in which they are shown, and what one and several of them are called.
pub const SORTS: [(&str, [&str; 2]); 4] = [
    ("dags", ["DAG", "DAGs"]),
    ("tasks", ["task", "tasks"]),
    ("keys", ["key", "keys"]),
    ("assets", ["asset", "assets"]),
];

/// Those circumstances that everybody should see: of the worst rows, where they are worse than a notice and anything is
/// known of them.
pub fn worst(report: &Report) -> Option<&CircumstancesReport> {
    let worst = report.circumstances.first().filter(|circumstances| circumstances.severity > Severity::Notice)?;
    (!worst.is_empty() || hidden(&report.totals).is_some()).then_some(worst)
}

/// What rows these are: `the 19 rows that cannot be read by Airflow`.
pub fn rows(report: &Report, circumstances: &CircumstancesReport) -> String {
    let rows = match circumstances.rows {
        1 => "row".to_owned(),
        rows => count(rows, "row"),
    };
    match circumstances.severity {
        Severity::Error => {
            let by = by(report);
            match report.mode.only_reads() || report.totals.rewritten == 0 {
                true => format!("the {rows} that cannot be read{by}"),
                false => format!("the {rows} that could not be read{by} before"),
            }
        }
        Severity::Warning => format!("the {rows} with a warning"),
        Severity::Notice => format!("the {rows} with a notice"),
    }
}

/// How the form of a report sets apart what comes from the database.
pub type Quote = fn(&str) -> String;

/// What names a source, fit to be shown: `daily_sales/load`, `7: orders` where the name of asset 7 is known.
pub fn source(report: &Report, source: &SourceReport, longest: usize) -> String {
    let part = |part: &Value| match part {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => sanitise_line(text, longest),
        other => other.to_string(),
    };
    let asset = source.name.get("asset_id").and_then(Value::as_i64).and_then(|id| report.assets.get(&id));
    let asset = asset.map(|name| format!(": {}", sanitise_line(name, longest))).unwrap_or_default();
    source.name.values().map(part).collect::<Vec<_>>().join("/") + &asset
}

/// The sources with most rows: `daily_sales (10), train_model (6) and 2 more (3 rows)`.
pub fn sources(report: &Report, sources: &SourcesReport, most: usize, longest: usize, quote: Quote) -> String {
    let shown = sources.most.iter().take(most);
    let mut told: Vec<String> = shown
        .map(|source| format!("{} ({})", quote(&self::source(report, source, longest)), HumanCount(source.rows)))
        .collect();
    told.extend(others(sources, most));
    let lacking =
        (sources.lacking > 0).then(|| format!("; each may have up to {} more", count(sources.lacking, "row")));
    list(&told) + &lacking.unwrap_or_default()
}

/// What is not among the first sources: `2 more (3 rows)`.
pub fn others(sources: &SourcesReport, most: usize) -> Option<String> {
    let more = sources.distinct.saturating_sub(most.min(sources.most.len()) as u64);
    let rows = sources.other_rows + sources.most.iter().skip(most).map(|source| source.rows).sum::<u64>();
    let about = if sources.distinct_estimated { "about " } else { "" };
    (more > 0).then(|| format!("{about}{} more ({})", HumanCount(more), count(rows, "row")))
}

/// From when to when: `from 2026-05-03 02:00:00 UTC to 2026-05-11 02:00:00 UTC`.
pub fn span(first: &str, last: &str) -> String {
    let (first, last) = (moment(first), moment(last));
    if first == last { format!("at {first}") } else { format!("from {first} to {last}") }
}

/// The row that was written last, and by whom.
pub fn newest(report: &Report, written: &WrittenReport, longest: usize, quote: Quote) -> String {
    format!("the newest is {}", quote(&Named::last(report, &written.last_row).name_with_writer(longest)))
}

/// Whether something still writes such rows.
pub fn lately(written: &WrittenReport) -> String {
    match written.last_day {
        0 => "none in the 24 hours before this report".to_owned(),
        rows => format!(
            "{} in the 24 hours before this report: what writes {} is still at it",
            count(rows, "row"),
            either(rows, "it", "them")
        ),
    }
}

/// How many of the rows expire, and when.
pub fn expiry(circumstances: &CircumstancesReport, expiry: &ExpiryReport, quote: Quote) -> String {
    let when = span(&expiry.first, &expiry.last);
    let rows = match (expiry.rows, circumstances.rows) {
        (some, all) if some < all => format!("{} of {}", HumanCount(some), HumanCount(all)),
        (1, _) => "it".to_owned(),
        _ => "all".to_owned(),
    };
    let past = match expiry.expired {
        0 => String::new(),
        expired if expired == expiry.rows => ", which is past".to_owned(),
        expired => format!(", {} already", HumanCount(expired)),
    };
    let expire = either(expiry.rows, "expires", "expire");
    let command = quote("airflow state-store clean");
    format!("{rows} {expire} {when}{past}; {command} drops what has expired")
}

/// What a census has seen, in a few words.
pub fn census(census: &CensusReport) -> String {
    let keys = count(census.keys.len() as u64, "key");
    match census.keys.iter().filter(|key| key.mixed).count() as u64 {
        _ if census.keys.is_empty() => "its rows have no keys to count by".to_owned(),
        0 => format!("{keys}, each with values of one type"),
        some => format!("{keys}, {some} with values of several types"),
    }
}

/// What reads well and hides all the same.
pub fn hidden(totals: &Counts) -> Option<String> {
    let keys = totals.hidden_keys.filter(|keys| *keys > 0)?;
    let about = if totals.hidden_keys_estimated { "about " } else { "" };
    let read = either(keys, "reads well hides", "read well hide");
    Some(format!("{about}{} that {read} in lists that cannot be read", count(keys, "key")))
}
