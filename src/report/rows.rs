//! How a row is named, how it reads and what becomes of it, in words: pure functions of the report.
//!
//! Everything that comes from the database goes through [`escape`](super::escape) here.

use serde_json::{Map, Value};

use super::escape::sanitise_line;
use super::model::{FindingReport, Mode, RowOutcome};
use super::wording;
use crate::domain::reader::{Reading, Readings};

/// Longer than any name that Airflow's tables hold.
pub const WHOLE: usize = 10_000;

/// The row as a person names it: `dag/run/task[map_index] · key`, `asset 7 · key`, or its primary key where it is gone.
/// What is longer than `longest` columns is cut off, part by part.
pub fn name(key: &Map<String, Value>, identity: Option<&Map<String, Value>>, longest: usize) -> String {
    let Some(identity) = identity else { return pairs(key, longest) };
    let key = part(identity, "key", longest).unwrap_or_default();
    if let Some(asset) = part(identity, "asset_id", longest) {
        return format!("asset {asset} · {key}");
    }
    match task(identity, "", longest) {
        Some(task) => format!("{task} · {key}"),
        None => pairs(identity, longest),
    }
}

/// Who wrote an asset's state last, where the table knows.
pub fn writer(identity: Option<&Map<String, Value>>, longest: usize) -> Option<String> {
    let identity = identity?;
    task(identity, "last_updated_by_", longest).or_else(|| part(identity, "last_updated_by_kind", longest))
}

/// The name of a row, with who wrote it last where that is not part of the name.
pub fn name_with_writer(key: &Map<String, Value>, identity: Option<&Map<String, Value>>, longest: usize) -> String {
    let writer = writer(identity, longest).map(|writer| format!(" (last written by {writer})")).unwrap_or_default();
    name(key, identity, longest) + &writer
}

/// A task instance, from columns whose names begin with `prefix`. The index says something only where a task is mapped.
fn task(identity: &Map<String, Value>, prefix: &str, longest: usize) -> Option<String> {
    let column = |name: &str| part(identity, &format!("{prefix}{name}"), longest);
    let path = format!("{}/{}/{}", column("dag_id")?, column("run_id")?, column("task_id")?);
    let index = column("map_index").filter(|index| index != "-1").map(|index| format!("[{index}]"));
    Some(path + &index.unwrap_or_default())
}

fn pairs(object: &Map<String, Value>, longest: usize) -> String {
    let pair = |name: &String| format!("{name} {}", part(object, name, longest).unwrap_or_default());
    object.keys().map(pair).collect::<Vec<_>>().join(", ")
}

/// One column of a key or identity, fit to be shown.
fn part(object: &Map<String, Value>, column: &str, longest: usize) -> Option<String> {
    let text = match object.get(column)? {
        Value::String(text) => sanitise_line(text, longest),
        other => other.to_string(),
    };
    Some(text)
}

/// What each reader makes of the value.
pub fn readings(readings: Readings) -> String {
    format!("api {}, worker {}", reading(readings.api), reading(readings.worker))
}

/// The name of a reading, as reports write it.
pub const fn reading(reading: Reading) -> &'static str {
    match reading {
        Reading::Ok => "ok",
        Reading::Altered => "altered",
        Reading::Error => "error",
    }
}

/// What happened to the row, or would.
pub fn fate(mode: Mode, finding: &FindingReport) -> String {
    let reason = finding.reason.map_or("it was left", |reason| reason.explain());
    match (finding.outcome, finding.action) {
        (RowOutcome::Reported, _) => "left as it is".to_owned(),
        (RowOutcome::Rewritten, action) if mode.only_reads() => format!("repair makes it {}", wording::made(action)),
        (RowOutcome::Rewritten, action) => format!("now {}", wording::made(action)),
        (RowOutcome::Skipped, _) if mode.only_reads() => format!("repair skips it: {reason}"),
        (RowOutcome::Skipped, _) => format!("skipped: {reason}"),
        (RowOutcome::Drifted, _) => format!("drifted: {reason}"),
    }
}
