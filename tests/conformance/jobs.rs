//! Scans by several jobs: the same report as by one, whatever the keys are like.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::state::{HEALTHY, KINDS, fill_assets, fill_tasks};
use crate::statemend::{command_piped, ran, signal, statemend};
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    one_two_and_four_jobs_give_identical_reports,
    jobs_that_are_interrupted_have_told_everything_up_to_some_row,
);

async fn one_two_and_four_jobs_give_identical_reports(engine: Engine) {
    let database = scattered(engine).await;
    let all = statemend(&["scan", "--url", database.url(), "--format", "json"]).exits(10).json();
    assert_eq!(all["totals"]["rows_scanned"], TASKS + ASSETS);
    let commands: [&[&str]; 5] = [
        &["scan", "--format", "json", "--max-findings", "100000"],
        &["scan", "--format", "json", "--max-findings", "7", "--show-values"],
        &["scan", "--format", "json", "--census", "--table", "task_state_store"],
        &["repair", "--dry-run", "--format", "json"],
        &["rules", "suggest"],
    ];
    for command in commands {
        let told = |jobs| {
            let ran = statemend(&[command, &["--url", database.url(), "--jobs", jobs]].concat());
            (ran.code, without_times(&ran.stdout))
        };
        let one = told("1");
        for jobs in ["2", "4"] {
            assert!(told(jobs) == one, "{command:?} with {jobs} jobs");
        }
    }
    assert_eq!(plan(&database, "1"), plan(&database, "4"));
}

const TASKS: usize = 3_000;
const ASSETS: usize = 900;

/// Ids that stand close, then far apart, then close again behind a gap; assets of which each has many keys. Windows begin
/// with 64 rows and grow, so these are many.
async fn scattered(engine: Engine) -> TestDatabase {
    let database = TestDatabase::fresh(engine).await;
    let values: Vec<&str> = KINDS.iter().map(|(_, value, _)| *value).chain(HEALTHY.iter().copied()).collect();
    let tasks: Vec<&str> = values.iter().copied().cycle().take(TASKS).collect();
    fill_tasks(&database, &tasks).await;
    database.execute("UPDATE task_state_store SET id = 10000000 + id WHERE id > 2000").await;
    database.execute("UPDATE task_state_store SET id = 1000 * id WHERE id BETWEEN 1000 AND 2000").await;
    let keys: Vec<String> = (0..ASSETS / 3).map(|key| format!("Key {key:03}")).collect();
    let assets = (1..=3).flat_map(|asset| keys.iter().map(move |key| (asset, key.as_str())));
    let assets: Vec<_> = assets.zip(values.iter().cycle()).map(|((asset, key), value)| (asset, key, *value)).collect();
    fill_assets(&database, &assets).await;
    database
}

fn without_times(report: &str) -> String {
    let times = ["\"started_at\"", "\"finished_at\""];
    report.lines().filter(|line| !times.iter().any(|time| line.contains(time))).collect::<Vec<_>>().join("\n")
}

/// The rows of a plan, in their order.
fn plan(database: &TestDatabase, jobs: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("plan.ndjson");
    let path = file.to_str().expect("a path");
    statemend(&["scan", "--plan-out", path, "--url", database.url(), "--jobs", jobs]).exits(10);
    let plan = fs::read_to_string(&file).expect("a plan");
    plan.lines().skip(1).map(str::to_owned).collect()
}

async fn jobs_that_are_interrupted_have_told_everything_up_to_some_row(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad"; 600]).await;
    // Twelve seconds for all of it.
    let slowly = ["--max-rows-per-second", "50", "--jobs", "4", "--format", "json", "--max-findings", "100"];
    let scan = command_piped(&[&["scan", "--url", database.url()], &slowly[..]].concat()).spawn();
    let scan = scan.expect("the program starts");
    sleep(Duration::from_secs(1));
    signal("-INT", &scan);
    let report = ran(scan.wait_with_output().expect("the program ends")).exits(130).json();
    assert_eq!(report["outcome"], "interrupted");
    let rows = report["totals"]["rows_scanned"].as_u64().expect("a number");
    assert!(rows < 300, "{rows} rows are more than four jobs may read together in a second, and the machine was slow");
    let told: Vec<&Value> = report["findings"].as_array().expect("a list").iter().map(|row| &row["key"]).collect();
    let expected: Vec<Value> = (1..=rows.min(100)).map(|id| json!({"id": id})).collect();
    assert_eq!(told, expected.iter().collect::<Vec<_>>());
}
