//! State of development builds, carried into the released tables.

use serde_json::{Value, json};

use crate::older::{Generation, Rows, generation, key_column};
use crate::statemend::{Ran, statemend};
use crate::support::TestDatabase;

mod access;
mod beside_others;
mod fates;
mod journal;
mod row_by_row;
mod ways;

fn arguments<'a>(database: &'a TestDatabase, more: &[&'a str]) -> Vec<&'a str> {
    [&["carry", "--url", database.url(), "--format", "json"], more].concat()
}

fn carry(database: &TestDatabase, more: &[&str]) -> Ran {
    statemend(&arguments(database, &[&["--yes"], more].concat()))
}

fn dry_run(database: &TestDatabase, more: &[&str]) -> Ran {
    statemend(&arguments(database, &[&["--dry-run"], more].concat()))
}

fn undo(database: &TestDatabase, report: &Value) -> Ran {
    statemend(&["undo", run_of(report), "--yes", "--url", database.url(), "--format", "json"])
}

fn run_of(report: &Value) -> &str {
    report["run_id"].as_str().expect("a run")
}

/// The rows of a task table without their ids, by name.
async fn tasks(database: &TestDatabase, of: &Generation) -> Rows {
    let key = key_column(database.engine);
    let expires_at = if of.number == 1 { "NULL" } else { "expires_at" };
    let columns = format!("dag_run_id, task_id, map_index, {key}, value, dag_id, run_id, updated_at, {expires_at}");
    database.rows(&format!("SELECT {columns} FROM {} ORDER BY 1, 2, 3, 4", of.tasks)).await
}

/// The rows of an asset table without their writers, by name.
async fn assets(database: &TestDatabase, of: &Generation) -> Rows {
    let key = key_column(database.engine);
    database.rows(&format!("SELECT asset_id, {key}, value, updated_at FROM {} ORDER BY 1, 2", of.assets)).await
}

/// What stands in the released tables where nothing does.
const NOTHING: [Rows; 2] = [Vec::new(), Vec::new()];

/// All that stands in the released tables.
async fn released(database: &TestDatabase) -> [Rows; 2] {
    [tasks(database, generation(4)).await, assets(database, generation(4)).await]
}

/// Names and values of the released task table, in the order of the names.
async fn values(database: &TestDatabase) -> Vec<(String, String)> {
    let text = |cell: &Option<String>| cell.clone().expect("not null");
    let pair = |row: Vec<Option<String>>| (text(&row[3]), text(&row[4]));
    tasks(database, generation(4)).await.into_iter().map(pair).collect()
}

/// The rows that a report lists as left: table, the name by which tasks and assets know the value, and why.
fn left(report: &Value) -> Vec<(&str, &str, &str)> {
    let findings = report["findings"].as_array().expect("a list").iter();
    let left = findings.filter(|row| row["outcome"] == "skipped" || row["outcome"] == "drifted");
    left.map(|row| [&row["table"], &row["identity"]["key"], &row["reason"]].map(|text| text.as_str().expect("a text")))
        .map(Into::into)
        .collect()
}

/// The counts of a carry: carried, mended on the way, there before, name taken, without an owner, left.
fn counts(report: &Value) -> [u64; 6] {
    ["carried", "rewritten", "present", "already_there", "orphans", "skipped"]
        .map(|count| report["totals"][count].as_u64().expect("a count"))
}

/// What two reports have in common whatever they are for.
fn told(report: &Value) -> Value {
    json!([report["tables"], report["rules"], report["findings"], report["totals"]])
}
