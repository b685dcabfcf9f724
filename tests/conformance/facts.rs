//! What reports tell of bad rows besides what is wrong with them: whose they are, when they were written, how long they
//! are kept, and what hides behind them.

use serde_json::{Value, json};

use crate::memory::numbers;
use crate::older::{self, left_by};
use crate::state::{dump_all, fill_assets, fill_tasks};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    bad_rows_tell_where_they_come_from_when_they_were_written_and_when_they_expire,
    rows_that_were_mended_are_told_of_as_well,
    keys_that_hide_in_unreadable_lists_are_counted,
    keys_that_hide_in_very_many_lists_are_estimated,
    times_that_no_calendar_has_do_no_harm,
    rows_with_times_that_no_calendar_has_are_carried,
);

fn scan(database: &TestDatabase) -> Value {
    statemend(&["scan", "--url", database.url(), "--format", "json"]).exits(10).json()
}

async fn bad_rows_tell_where_they_come_from_when_they_were_written_and_when_they_expire(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad", "1", "bad", "NaN"]).await;
    fill_assets(&database, &[(2, "a", "bad"), (3, "a", "1")]).await;
    database.execute("UPDATE asset_state_store SET updated_at = '2026-05-06 07:08:09.25'").await;
    let report = scan(&database);
    let [first, .., last] = report["findings"].as_array().expect("a list").as_slice() else { panic!("{report:#}") };
    assert_eq!(first["written_at"], "2026-05-04T03:02:01.000000Z");
    assert_eq!(first["expires_at"], "2027-01-01T00:00:00.000000Z");
    assert_eq!((&last["written_at"], &last["expires_at"]), (&json!("2026-05-06T07:08:09.250000Z"), &Value::Null));
    assert_eq!(report["assets"], json!({"2": "two"}), "only those that the report tells of");
    let [errors, warnings] = report["circumstances"].as_array().expect("a list").as_slice() else { panic!() };
    assert_eq!((&errors["severity"], &errors["rows"]), (&json!("error"), &json!(3)));
    assert_eq!(
        errors["sources"],
        json!({
            "dags": {"distinct": 1, "most": [{"dag_id": "example", "rows": 3}], "other_rows": 0},
            "tasks": {"distinct": 1, "most": [{"dag_id": "example", "task_id": "task", "rows": 3}], "other_rows": 0},
            "keys": {
                "distinct": 3,
                "most": [{"key": "a", "rows": 1}, {"key": "key 1", "rows": 1}, {"key": "key 3", "rows": 1}],
                "other_rows": 0,
            },
            "assets": {"distinct": 1, "most": [{"asset_id": 2, "rows": 1}], "other_rows": 0},
        })
    );
    assert_eq!(
        errors["expiry"],
        json!({
            "rows": 2,
            "expired": 0,
            "first": "2027-01-01T00:00:00.000000Z",
            "last": "2027-01-01T00:00:00.000000Z",
        })
    );
    let written = &errors["written"];
    assert_eq!((&written["unit"], &written["buckets"][0]["rows"]), (&json!("hour"), &json!(2)));
    assert_eq!(written["buckets"].as_array().map(Vec::len), Some(53));
    assert_eq!(written["last_row"]["identity"]["last_updated_by_run_id"], "first");
    assert_eq!((&warnings["severity"], &warnings["rows"]), (&json!("warning"), &json!(1)));
}

async fn rows_that_were_mended_are_told_of_as_well(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad", "1", "null"]).await;
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(report["circumstances"][0]["rows"], 1);
    assert_eq!(report["circumstances"][0]["expiry"]["rows"], 1);
    assert_eq!(report["circumstances"][0]["written"]["last"], "2026-05-04T03:02:01.000000Z");
    assert_eq!(report["findings"][0]["expires_at"], "2027-01-01T00:00:00.000000Z");
    assert_eq!(report["totals"].get("hidden_keys"), None);
}

async fn keys_that_hide_in_unreadable_lists_are_counted(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    // Odd ids belong to one task instance, even ids to another.
    fill_tasks(&database, &["bad", "1", "bad", "NaN", "3", "2", "NaN"]).await;
    fill_assets(&database, &[(1, "a", "bad"), (1, "b", "1"), (2, "a", "bad"), (3, "a", "1"), (3, "b", "1")]).await;
    let report = scan(&database);
    let hidden = |counts: &Value| counts["hidden_keys"].as_u64();
    assert_eq!((hidden(&report["tables"][0]), hidden(&report["tables"][1])), (Some(2), Some(1)));
    assert_eq!(hidden(&report["totals"]), Some(3));
    assert_eq!(report["totals"].get("hidden_keys_estimated"), None);
    database.execute("UPDATE task_state_store SET value = '1' WHERE value = 'bad'").await;
    database.execute("DELETE FROM asset_state_store").await;
    let report = statemend(&["scan", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(report["totals"].get("hidden_keys"), None, "there is no list for a key to hide in");
}

/// Lists, each with one row that cannot be read and two that can.
const LISTS: u32 = 2_500;

async fn keys_that_hide_in_very_many_lists_are_estimated(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let (numbers, key) = (numbers(engine, LISTS * 3), older::key_column(engine));
    let list = if engine == Engine::MySql { "i DIV 3" } else { "i / 3" };
    database
        .execute(&format!(
            "INSERT INTO task_state_store (dag_run_id, task_id, map_index, {key}, dag_id, run_id, value, updated_at) \
             SELECT 1, 'task', {list}, CASE i % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'b' ELSE 'c' END, 'example', 'first', \
             CASE i % 3 WHEN 0 THEN 'bad' ELSE '1' END, '2026-05-04 03:02:01' FROM {numbers}"
        ))
        .await;
    let report = scan(&database);
    assert_eq!(report["totals"]["unreadable_lists"], LISTS);
    assert_eq!(report["totals"]["hidden_keys"], LISTS * 2, "all lists are alike, so a sample tells exactly");
    assert_eq!(report["totals"]["hidden_keys_estimated"], true);
}

async fn times_that_no_calendar_has_do_no_harm(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad", "bad", "bad", "1"]).await;
    write_at(&database, "task_state_store", times_of_no_calendar(engine)).await;
    for format in ["human", "json", "html", "markdown", "csv", "ndjson"] {
        statemend(&["scan", "--url", database.url(), "--format", format]).exits(10);
    }
    let before = dump_all(&database).await;
    let url = ["--yes", "--url", database.url(), "--format", "json"];
    let report = statemend(&[&["repair"][..], &url].concat()).exits(0).json();
    assert_eq!(report["totals"]["rewritten"], 3);
    let run = report["run_id"].as_str().expect("a run");
    // The very value that the run has made, written once more: only the time tells.
    let [_, later, ..] = times_of_no_calendar(engine) else { panic!("there are three") };
    write_at(&database, "task_state_store", &[*later]).await;
    let undone = statemend(&[&["undo", run][..], &url].concat()).exits(11).json();
    assert_eq!((&undone["totals"]["rewritten"], &undone["totals"]["drifted"]), (&json!(2), &json!(1)));
    assert_eq!(dump_all(&database).await[0][1..], before[0][1..]);
}

async fn rows_with_times_that_no_calendar_has_are_carried(engine: Engine) {
    let database = left_by(engine, &[3, 4]).await;
    let row = |key| (1, "load", -1, key, "bad");
    older::fill_tasks(&database, "task_store", &["a", "b", "c", "d"].map(row)).await;
    write_at(&database, "task_store", times_of_no_calendar(engine)).await;
    let url = ["--yes", "--url", database.url(), "--format", "json"];
    let report = statemend(&[&["carry"][..], &url].concat()).exits(0).json();
    assert_eq!(report["totals"]["carried"], 4);
    let times =
        async |table: &str| database.rows(&format!("SELECT updated_at, expires_at FROM {table} ORDER BY id")).await;
    let times = [times("task_store").await, times("task_state_store").await];
    assert_eq!(times[0], times[1]);
    let run = report["run_id"].as_str().expect("a run");
    let undone = statemend(&[&["undo", run][..], &url].concat()).exits(0).json();
    assert_eq!(undone["totals"]["rewritten"], 4);
}

/// Times of a write and of an expiry that the engine takes and that say nothing to anybody.
fn times_of_no_calendar(engine: Engine) -> &'static [[&'static str; 2]] {
    match engine {
        Engine::Sqlite => &[["yesterday", "never"], ["-4713-01-01", "99999-01-01"], ["0000-00-00", ""]],
        Engine::Postgres => {
            &[["infinity", "infinity"], ["-infinity", "0044-03-15 BC"], ["294275-01-01", "10000-01-01"]]
        }
        Engine::MySql => &[["1970-01-01 00:00:01", "2038-01-19 03:14:07"], ["0000-00-00", "0000-00-00"]],
    }
}

/// Gives these times to the first rows of a task table.
async fn write_at(database: &TestDatabase, table: &str, times: &[[&str; 2]]) {
    for (id, [written, expires]) in (1..).zip(times) {
        let times = format!("updated_at = '{written}', expires_at = '{expires}'");
        let lenient = if database.engine == Engine::MySql { "SET sql_mode = ''; " } else { "" };
        database.execute(&format!("{lenient}UPDATE {table} SET {times} WHERE id = {id}")).await;
    }
}
