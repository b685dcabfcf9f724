use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use crate::statemend::{command, ran};
use crate::support::{Engine, TestDatabase};

on_every_engine!(memory_stays_small_over_two_hundred_thousand_rows, memory_stays_small_over_rows_of_half_a_megabyte,);

/// Rows, bad rows among them, and the most memory that scanning and mending them may take.
const ROWS: u32 = 200_000;
const BAD: u32 = 5_000;
const MOST_KILOBYTES: u64 = 64 * 1024;

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
    let (repair, report) = peak_of(&["repair", "--yes"], 0);
    assert_eq!(report["totals"]["rewritten"], BAD);
    let run = report["run_id"].as_str().expect("a run");
    let (undo, _) = peak_of(&["undo", run, "--yes"], 0);
    for (command, peak) in [("scan", scan), ("scan with four jobs", jobs), ("repair", repair), ("undo", undo)] {
        assert!(peak < MOST_KILOBYTES, "{command} took {peak} kB");
    }
}

async fn memory_stays_small_over_rows_of_half_a_megabyte(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let wide = "wide ".repeat(100_000);
    for id in 1..=160 {
        let value = database.engine.literal(&wide);
        database
            .execute(&format!(
                "INSERT INTO asset_state_store VALUES (1, '{id}', {value}, '2026-05-04 03:02:01', \
                 NULL, NULL, NULL, NULL, NULL)"
            ))
            .await;
    }
    let few = ["--format", "json", "--max-findings", "10", "--url", database.url()];
    let (scan, _) = peak_kilobytes(&[&["scan"], &few[..]].concat(), 10);
    let (repair, report) = peak_kilobytes(&[&["repair", "--yes"], &few[..]].concat(), 0);
    assert_eq!(report["totals"]["rewritten"], 160);
    for (command, peak) in [("scan", scan), ("repair", repair)] {
        assert!(peak < MOST_KILOBYTES, "{command} took {peak} kB");
    }
}

async fn fill(database: &TestDatabase) {
    let (numbers, key) = match database.engine {
        Engine::Sqlite => (
            format!(
                "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i FROM n) AS n"
            ),
            "\"key\"",
        ),
        Engine::Postgres => (format!("generate_series(1, {ROWS}) AS n (i)"), "\"key\""),
        Engine::MySql => (format!("(SELECT seq AS i FROM seq_1_to_{ROWS}) AS n"), "`key`"),
    };
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

/// Runs the program and watches how much memory it takes.
fn peak_kilobytes(args: &[&str], exit: i32) -> (u64, serde_json::Value) {
    let mut child = command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    // The kernel remembers the peak, so the last look before the end is as good as a look at every moment.
    while child.try_wait().expect("the program runs").is_none() {
        peak = peak.max(high_water_mark(&fs::read_to_string(&status).unwrap_or_default()));
        sleep(Duration::from_millis(2));
    }
    assert!(peak > 0, "the peak was seen");
    (peak, ran(child.wait_with_output().expect("the program ends")).exits(exit).json())
}

fn high_water_mark(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
