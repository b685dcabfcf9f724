//! Someone else's locks, triggers and constraints: what is in the way of a row keeps none of the others.

use serde_json::{Value, json};

use crate::statemend::{Ran, statemend};
use crate::support::TestDatabase;

mod migrations;
mod refusals;
mod rows;
mod tables;

const ROWS: usize = 150;

/// Slow enough to be met in the middle.
const SLOWLY: [&str; 4] = ["--chunk-rows", "10", "--chunk-pause", "500ms"];

#[track_caller]
fn assert_left(report: &Value, id: u64, reason: &str) {
    assert_eq!(report["outcome"], "partial");
    let left: Vec<_> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|row| row["outcome"] != "rewritten")
        .map(|row| (row["key"].clone(), row["outcome"].clone(), row["reason"].clone()))
        .collect();
    assert_eq!(left, [(json!({ "id": id }), json!("skipped"), json!(reason))]);
}

fn repairing(database: &TestDatabase) -> [&str; 6] {
    ["repair", "--yes", "--url", database.url(), "--format", "json"]
}

fn undoing<'a>(database: &'a TestDatabase, run: &'a str) -> [&'a str; 7] {
    ["undo", run, "--yes", "--url", database.url(), "--format", "json"]
}

fn repair(database: &TestDatabase) -> Ran {
    statemend(&repairing(database))
}
