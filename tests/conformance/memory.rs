use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use crate::older::key_column;
use crate::statemend::{Ran, command, ran, statemend};
use crate::support::{Engine, TestDatabase, block_on};

on_every_engine!(
    memory_stays_small_over_two_hundred_thousand_rows,
    memory_stays_small_over_rows_of_half_a_megabyte,
    wide_rows_behind_very_many_narrow_ones_are_all_told,
);

/// Rows, bad rows among them, and the most memory that scanning and mending them may take.
const ROWS: u32 = 200_000;
const BAD: u32 = 5_000;
const MOST_KILOBYTES: u64 = 64 * 1024;
/// What a report may take for so many findings, which it holds until they are written.
const FIFTY_THOUSAND_FINDINGS: u64 = 40 * 1024;
/// Rows of a list without a limit.
const LISTED: u32 = 100_000;

async fn memory_stays_small_over_two_hundred_thousand_rows(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill(&database).await;
    let url = database.url();
    // A report that fits the pipe, since nobody reads it before the end.
    let few = ["--format", "json", "--max-findings", "10", "--url", url];
    let peak_of = |command: &[&str], exit| peak_kilobytes(&[command, &few[..]].concat(), exit);
    let (scan, report) = peak_of(&["scan"], 10);
    assert_eq!(report["totals"]["rows_scanned"], ROWS);
    assert_eq!(report["totals"]["errors"], BAD);
    let (jobs, _) = peak_of(&["scan", "--jobs", "4"], 10);
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.jsonl").display().to_string();
    let (first, _) = peak_of(&["check", "--state", &state], 10);
    let (check, report) = peak_of(&["check", "--state", &state], 10);
    assert_eq!(report["check"]["still"], BAD);
    let (repair, report) = peak_of(&["repair", "--yes"], 0);
    assert_eq!(report["totals"]["rewritten"], BAD);
    let run = report["run_id"].as_str().expect("a run");
    let (undo, _) = peak_of(&["undo", run, "--yes"], 0);
    let peaks = [
        ("scan", scan),
        ("scan with four jobs", jobs),
        ("first check", first),
        ("check", check),
        ("repair", repair),
        ("undo", undo),
    ];
    for (command, peak) in peaks {
        assert!(peak < MOST_KILOBYTES, "{command} took {peak} kB");
    }
}

async fn memory_stays_small_over_rows_of_half_a_megabyte(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_assets(&database, 160, half_a_megabyte(engine)).await;
    let few = ["--format", "json", "--max-findings", "10", "--url", database.url()];
    let (scan, _) = peak_kilobytes(&[&["scan"], &few[..]].concat(), 10);
    let (repair, report) = peak_kilobytes(&[&["repair", "--yes"], &few[..]].concat(), 0);
    assert_eq!(report["totals"]["rewritten"], 160);
    for (command, peak) in [("scan", scan), ("repair", repair)] {
        assert!(peak < MOST_KILOBYTES, "{command} took {peak} kB");
    }
}

/// By then windows are as large as they get, and one of them has all wide rows: more than is read at once.
async fn wide_rows_behind_very_many_narrow_ones_are_all_told(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let wide = format!("CASE WHEN i <= 40000 - 160 THEN '1' ELSE {} END", half_a_megabyte(engine));
    fill_assets(&database, 40_000, &wide).await;
    for jobs in ["1", "2"] {
        let arguments = ["scan", "--format", "json", "--max-findings", "1", "--jobs", jobs, "--url", database.url()];
        let report = statemend(&arguments).exits(10).json();
        assert_eq!(report["totals"]["rows_scanned"], 40_000, "{jobs} jobs");
        assert_eq!(report["totals"]["errors"], 160, "{jobs} jobs");
    }
}

/// Made where it is to stand: to send it takes longer than all else.
const fn half_a_megabyte(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "REPLACE(PRINTF('%100000s', ''), ' ', 'wide ')",
        Engine::Postgres | Engine::MySql => "REPEAT('wide ', 100000)",
    }
}

/// So many rows of one asset, in the order of their keys, with this value each.
async fn fill_assets(database: &TestDatabase, rows: u32, value: &str) {
    let numbers = numbers(database.engine, rows);
    database
        .execute(&format!(
            "INSERT INTO asset_state_store SELECT 1, CONCAT(1000000 + i, ''), {value}, '2026-05-04 03:02:01', \
             NULL, NULL, NULL, NULL, NULL FROM {numbers}"
        ))
        .await;
}

async fn fill(database: &TestDatabase) {
    let numbers = numbers(database.engine, ROWS);
    let key = key_column(database.engine);
    let every = ROWS / BAD;
    database
        .execute(&format!(
            "INSERT INTO task_state_store (id, dag_run_id, task_id, map_index, {key}, dag_id, run_id, value, updated_at) \
             SELECT i, 1, 'task', i, 'key', 'example', 'first', \
             CASE WHEN i % {every} = 0 THEN 'job_20260504_running' ELSE '{{\"page\": 12, \"token\": \"b2Zmc2V0\"}}' END, \
             '2026-05-04 03:02:01' FROM {numbers}"
        ))
        .await;
}

/// The numbers from 1 on, as something to select from.
pub fn numbers(engine: Engine, last: u32) -> String {
    match engine {
        Engine::Sqlite => format!(
            "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last}) SELECT i FROM n) AS n"
        ),
        Engine::Postgres => format!("generate_series(1, {last}) AS n (i)"),
        Engine::MySql => format!("(SELECT seq AS i FROM seq_1_to_{last}) AS n"),
    }
}

/// Every row is bad here, from a DAG of its own, and all of them are listed.
#[test]
fn memory_stays_small_over_a_list_of_a_hundred_thousand_rows() {
    block_on(async {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let numbers = numbers(Engine::Sqlite, LISTED);
        database
            .execute(&format!(
                "INSERT INTO task_state_store (id, dag_run_id, task_id, map_index, \"key\", dag_id, run_id, value, updated_at) \
                 SELECT i, 1, 'task ' || i, i, 'key ' || i, 'dag ' || i, 'first', 'job_20260504_running', \
                 datetime('2026-05-04', i || ' minutes') FROM {numbers}"
            ))
            .await;
        let folder = tempfile::tempdir().expect("make a folder");
        for format in ["ndjson", "csv"] {
            let list = folder.path().join(format);
            let output = list.to_str().expect("a path");
            let (peak, _) = peak(&["scan", "--format", format, "-o", output, "--url", database.url()], 10);
            assert!(peak < MOST_KILOBYTES, "{format} took {peak} kB");
            assert_eq!(fs::read_to_string(&list).expect("a list").lines().count(), LISTED as usize + 1);
        }
        for format in ["html", "json"] {
            let report = folder.path().join(format);
            let most = ["--max-findings", "50000", "--format", format, "-o", report.to_str().expect("a path")];
            let (peak, _) = peak(&[&["scan", "--url", database.url()], &most[..]].concat(), 10);
            assert!(peak < MOST_KILOBYTES + FIFTY_THOUSAND_FINDINGS, "{format} took {peak} kB");
        }
    });
}

/// Runs the program and watches how much memory it takes.
fn peak_kilobytes(args: &[&str], exit: i32) -> (u64, serde_json::Value) {
    let (peak, ran) = peak(args, exit);
    (peak, ran.json())
}

fn peak(args: &[&str], exit: i32) -> (u64, Ran) {
    let mut child = command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    // The kernel remembers the peak, so the last look before the end is as good as a look at every moment.
    while child.try_wait().expect("the program runs").is_none() {
        peak = peak.max(high_water_mark(&fs::read_to_string(&status).unwrap_or_default()));
        sleep(Duration::from_millis(2));
    }
    assert!(peak > 0, "the peak was seen");
    (peak, ran(child.wait_with_output().expect("the program ends")).exits(exit))
}

fn high_water_mark(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
