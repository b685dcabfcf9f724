//! No statement about a part of a table walks through all of it, by the word of the servers: they tell how many rows each
//! one looked at. SQLite's plans are looked at beside its driver.

use std::fs;

use serde_json::Value;

use crate::plain;
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_both_servers!(no_statement_looks_at_many_more_rows_than_a_window_has);

/// The tables of the release, and those of the build whose tasks have a key of four columns.
const TABLES: [&str; 4] = ["task_state_store", "asset_state_store", "task_state", "asset_state"];

/// Rows in each, and bad ones among them.
const ROWS: u64 = 50_000;
const BAD: u64 = 250;

/// A window has fewer rows than a table. A look at where it ends, or a chunk, takes a few more.
const MOST: u64 = 33_000;

/// Stands in what the test does.
const OURS: &str = "/* ours */";

async fn no_statement_looks_at_many_more_rows_than_a_window_has(engine: Engine) {
    let database = TestDatabase::fresh_on(engine, plain(engine).url()).await;
    database.execute(old_tables(engine)).await;
    fill(&database).await;
    log_looks_at(&database).await;

    let run = |args: &[&str]| {
        let report = ["--max-findings", "0", "--format", "json", "--url", database.url()];
        statemend(&[args, &report[..]].concat())
    };
    for scan in [&["scan"][..], &["scan", "--jobs", "4"], &["scan", "--census"]] {
        assert_eq!(run(scan).exits(10).json()["totals"]["rows_scanned"], 4 * ROWS);
    }
    let shards = ["1/2", "2/2"].map(|shard| run(&["scan", "--shard", shard]).json());
    let read = shards.iter().filter_map(|shard| shard["totals"]["rows_scanned"].as_u64());
    assert_eq!(read.sum::<u64>(), 4 * ROWS);
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.jsonl").display().to_string();
    for rows in [4 * ROWS, 4 * BAD] {
        let checked = run(&["check", "--incremental", "--state", &state]).exits(10).json();
        assert_eq!(checked["totals"]["rows_scanned"], rows);
    }
    let repaired = run(&["repair", "--yes"]).exits(0).json();
    assert_eq!(repaired["totals"]["rewritten"], 4 * BAD);
    run(&["undo", repaired["run_id"].as_str().expect("a run"), "--yes"]).exits(0);
    if engine == Engine::Postgres {
        // The rows came with ids of their own.
        database.execute("SELECT setval('task_state_store_id_seq', (SELECT MAX(id) FROM task_state_store))").await;
    }
    // Half of what the older tables hold is to be carried, and half is there.
    database.execute(&format!("DELETE FROM task_state_store WHERE map_index % 2 = 0 {OURS}")).await;
    database.execute(&format!("DELETE FROM asset_state_store WHERE value = 'bad' {OURS}")).await;
    run(&["carry", "--dry-run"]).exits(10);
    let carried = run(&["carry", "--yes"]).exits(0).json();
    assert_eq!(carried["totals"]["carried"], ROWS / 2 + BAD);
    run(&["undo", carried["run_id"].as_str().expect("a run"), "--yes"]).exits(0);

    let looks = looks_at(&database).await;
    for table in TABLES {
        let of_table = looks.iter().filter(|look| look.text.contains(table));
        // Each scan takes eleven windows or more for each table.
        assert!(of_table.count() > 40, "{engine:?}: hardly a statement about {table} was logged");
    }
    // How many rows some lists have takes a look at all of them, and here a list is a third of a table.
    let is_judged = |look: &Look| !look.text.contains(OURS) && !look.text.contains("count(*)");
    for Look { text, rows } in looks.into_iter().filter(is_judged) {
        assert!(rows <= MOST, "{engine:?} looked at {rows} rows for {text:.1000}");
    }
}

fn old_tables(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => include_str!("../../fixtures/airflow/dev/1/postgresql.sql"),
        _ => include_str!("../../fixtures/airflow/dev/1/mysql.sql"),
    }
}

async fn fill(database: &TestDatabase) {
    let (key, numbers) = match database.engine {
        Engine::Postgres => ("\"key\"", format!("generate_series(1, {ROWS}) AS numbers (n)")),
        _ => ("`key`", format!("(SELECT seq AS n FROM seq_1_to_{ROWS}) AS numbers")),
    };
    let value = format!("CASE WHEN n % {} = 0 THEN 'bad' ELSE '{{\"page\": 12}}' END", ROWS / BAD);
    let asset = format!("n % 3 + 1, CONCAT('key ', n), {value}, '2026-05-04 03:02:01'");
    let task =
        format!("n % 3 + 1, CONCAT('task ', n % 50), n, 'key', 'example', 'first', {value}, '2026-05-04 03:02:01'");
    let of_task = format!("dag_run_id, task_id, map_index, {key}, dag_id, run_id, value, updated_at");
    let of_asset = format!("asset_id, {key}, value, updated_at");
    database
        .execute(&format!(
            "INSERT INTO task_state_store (id, {of_task}) SELECT n, {task} FROM {numbers}; \
             INSERT INTO task_state ({of_task}) SELECT {task} FROM {numbers}; \
             INSERT INTO asset_state_store ({of_asset}) SELECT {asset} FROM {numbers}; \
             INSERT INTO asset_state ({of_asset}) SELECT {asset} FROM {numbers}"
        ))
        .await;
}

/// A statement, and how many rows of a table the server looked at for it.
struct Look {
    text: String,
    rows: u64,
}

/// Lets the server log what it does in a database from now on.
async fn log_looks_at(database: &TestDatabase) {
    let (_, name) = database.url().rsplit_once('/').expect("a database");
    let log = match database.engine {
        Engine::Postgres => format!(
            "ALTER DATABASE {name} SET session_preload_libraries = 'auto_explain';
             ALTER DATABASE {name} SET auto_explain.log_min_duration = 0;
             ALTER DATABASE {name} SET auto_explain.log_analyze = on;
             ALTER DATABASE {name} SET auto_explain.log_timing = off;
             ALTER DATABASE {name} SET auto_explain.log_format = 'json'"
        ),
        // It counts for the sessions to come.
        _ => "SET GLOBAL log_output = 'TABLE', GLOBAL slow_query_log = ON, GLOBAL long_query_time = 0".to_owned(),
    };
    database.execute(&log).await;
}

async fn looks_at(database: &TestDatabase) -> Vec<Look> {
    if database.engine == Engine::Postgres {
        return plans(&fs::read_to_string(plain(Engine::Postgres).told("log")).expect("a log"));
    }
    let log = "SELECT CAST(sql_text AS CHAR), CONCAT(rows_examined, '') FROM mysql.slow_log WHERE db = DATABASE()";
    let rows = database.rows(log).await;
    let look = |row: Vec<Option<String>>| {
        let [text, rows] = row.try_into().expect("two columns");
        Look { text: text.expect("a statement"), rows: rows.and_then(|rows| rows.parse().ok()).expect("a number") }
    };
    rows.into_iter().map(look).collect()
}

/// The plans in a log, each of which begins in a line that ends so and goes on in lines with a tab in front. No other
/// test lets the server log any.
fn plans(log: &str) -> Vec<Look> {
    let plan = |rest: &str| {
        let lines: String = rest.lines().take_while(|line| line.is_empty() || line.starts_with('\t')).collect();
        let plan: Value = serde_json::from_str(&lines).unwrap_or_else(|error| panic!("{error} in {lines}"));
        Look { text: plan["Query Text"].as_str().expect("a statement").to_owned(), rows: looked_at(&plan["Plan"]) }
    };
    log.split("  plan:").skip(1).map(plan).collect()
}

/// How many rows of tables the widest step of a plan looked at, or threw away.
fn looked_at(plan: &Value) -> u64 {
    let number = |name| plan[name].as_u64().unwrap_or(0);
    let loops = number("Actual Loops");
    let here = (number("Actual Rows") + number("Rows Removed by Filter")) * loops;
    let below = plan["Plans"].as_array().into_iter().flatten().map(looked_at);
    below.chain([here]).max().unwrap_or(0)
}
