use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::airflow::{Airflow, JournaledRun, Written};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_both_servers!(
    no_write_of_another_is_lost_to_repairs_that_go_on_beside_it,
    what_writers_write_during_an_undo_stays_and_all_else_comes_back,
);

const WRITES: u64 = 20_000;
const SECONDS: u64 = 30;

/// A chunk locks its rows for a moment, and may meet a writer's deadlock now and then. This is far beyond either.
const LONG: f64 = 5.0;

/// A repair loop that mended less than this met too few writers to show anything.
const ENOUGH: u64 = 1_000;

async fn no_write_of_another_is_lost_to_repairs_that_go_on_beside_it(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let mut airflow = Airflow::on(&database);
    airflow.seed();
    airflow.write();
    let mut repairs = Vec::new();
    let written = thread::scope(|scope| {
        let writers = scope.spawn(|| airflow.finish(WRITES, SECONDS));
        while !writers.is_finished() {
            repairs.push(repair(&database));
            // The writers shall have time to break something.
            thread::sleep(Duration::from_millis(50));
        }
        writers.join().expect("the writers are well")
    });
    // What was written behind the back of the last one.
    repairs.push(repair(&database));

    tell(engine, &written, &repairs);
    assert!(written.writes >= WRITES);
    assert!(written.seconds >= SECONDS as f64);
    assert_eq!(written.lost, [Value::Null; 0]);
    assert!(written.longest < LONG, "a write took {} s", written.longest);
    let now = values(&database).await;
    for (name, row) in &written.rows {
        assert_eq!(now.get(name), row.mended.as_ref(), "{name}, of which {:?} was written", row.written);
    }
    assert_eq!(now.len(), written.rows.values().filter(|row| row.mended.is_some()).count());
    assert!(rewritten(&repairs) > ENOUGH, "{} rows were rewritten", rewritten(&repairs));
    let reported = repairs.iter().map(|report| (run_of(report), count(report, "rewritten"))).collect();
    agree(&airflow.journal(), reported);
}

async fn what_writers_write_during_an_undo_stays_and_all_else_comes_back(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let mut airflow = Airflow::on(&database);
    airflow.seed();
    let before = values(&database).await;
    let repaired = repair(&database);
    assert_eq!(count(&repaired, "rewritten"), before.len() as u64);
    let keys = keys(&database).await;
    airflow.write();
    let run = run_of(&repaired);
    let undo = ["undo", &run, "--yes", "--url", database.url(), "--format", "json", "--max-findings", "100000"];
    let undone = statemend(&undo).exits(11).json();
    let written = airflow.finish(0, 0);

    tell(engine, &written, std::slice::from_ref(&undone));
    assert_eq!(written.lost, [Value::Null; 0]);
    assert!(written.longest < LONG, "a write took {} s", written.longest);
    let now = values(&database).await;
    for (name, row) in &written.rows {
        let expected = if row.touched { row.written.as_ref() } else { before.get(name) };
        assert_eq!(now.get(name), expected, "{name}, touched: {}", row.touched);
    }
    let drifted = drifted(&undone);
    for (name, row) in &written.rows {
        let is_listed = drifted.contains(&keys[name]);
        assert!(is_listed || !row.began, "{name} was written before the undo and is not listed");
        assert!(row.touched || !is_listed, "{name} is listed and nobody wrote it");
    }
    assert_eq!(count(&undone, "drifted"), drifted.len() as u64);
    assert_eq!(count(&undone, "rewritten") + count(&undone, "drifted"), before.len() as u64);
    assert!(written.rows.values().any(|row| row.touched && !row.began), "somebody wrote during the undo");
    let reported = [&repaired, &undone].map(|report| (run_of(report), count(report, "rewritten"))).into();
    agree(&airflow.journal(), reported);
}

/// One repair, which must leave nothing that it found: none of these values has a reason to be left.
fn repair(database: &TestDatabase) -> Value {
    let json = ["--format", "json", "--max-findings", "0"];
    statemend(&[&["repair", "--yes", "--url", database.url()], &json[..]].concat()).exits(0).json()
}

/// Insists that the journal holds what the reports count, and that each change follows from what it replaced.
fn agree(journal: &BTreeMap<String, JournaledRun>, mut reported: BTreeMap<String, u64>) {
    reported.retain(|_, changes| *changes > 0);
    let journaled: BTreeMap<_, _> = journal.iter().map(|(run, journaled)| (run.clone(), journaled.changes)).collect();
    assert_eq!(journaled, reported);
    for (run, journaled) in journal {
        assert_eq!(journaled.unsound, [Value::Null; 0], "of run {run}");
    }
}

fn count(report: &Value, what: &str) -> u64 {
    report["totals"][what].as_u64().expect("a count")
}

fn rewritten(reports: &[Value]) -> u64 {
    reports.iter().map(|report| count(report, "rewritten")).sum()
}

fn run_of(report: &Value) -> String {
    report["run_id"].as_str().expect("a run").to_owned()
}

/// The keys of the rows that an undo has left, as the report writes them.
fn drifted(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().expect("a list");
    findings.iter().map(|finding| format!("{} {}", finding["table"], finding["key"])).collect()
}

const TASKS: &str = "task_state_store AS state WHERE state.task_id LIKE 'task of writer %'";
const ASSETS: &str = "asset_state_store AS state";

/// All values, by the names that the writers give to rows.
async fn values(database: &TestDatabase) -> BTreeMap<String, String> {
    by_name(database, "value", "value").await
}

/// The keys of all rows, as reports write them, by the names that the writers give to rows.
async fn keys(database: &TestDatabase) -> BTreeMap<String, String> {
    let task = r#"CONCAT('"task_state_store" {"id":', id, '}')"#;
    let asset = r#"CONCAT('"asset_state_store" {"asset_id":', asset_id, ',"key":"', state.key, '"}')"#;
    by_name(database, task, asset).await
}

async fn by_name(database: &TestDatabase, of_task: &str, of_asset: &str) -> BTreeMap<String, String> {
    let tasks = format!("SELECT CONCAT('task/', task_id, '/', map_index, '/', state.key), {of_task} FROM {TASKS}");
    let assets = format!("SELECT CONCAT('asset/', asset_id, '/', state.key), {of_asset} FROM {ASSETS}");
    let mut connection = database.connect().await;
    let mut rows = connection.rows(&tasks).await;
    rows.extend(connection.rows(&assets).await);
    let pair = |row: Vec<Option<String>>| {
        let [name, text] = row.try_into().expect("two columns");
        (name.expect("a name"), text.expect("a text"))
    };
    rows.into_iter().map(pair).collect()
}

fn tell(engine: Engine, written: &Written, reports: &[Value]) {
    let Written { writes, seconds, tries_again, longest, .. } = written;
    let each_second = *writes as f64 / seconds;
    let (rows, runs) = (rewritten(reports), reports.len());
    eprintln!("{engine:?}: {writes} writes in {seconds:.1} s ({each_second:.0}/s), {tries_again} tried again");
    eprintln!(
        "{engine:?}: the longest write took {longest:.3} s; {rows} rows were rewritten meanwhile, in {runs} runs"
    );
}
