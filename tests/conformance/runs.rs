use serde_json::json;

use crate::holding::until_somebody_waits;
use crate::state::{dump_all, fill_tasks};
use crate::statemend::{begin, end, statemend};
use crate::support::{Engine, TestDatabase, block_on};

on_every_engine!(
    runs_are_listed_newest_first_with_what_they_did,
    one_run_at_a_time,
    a_run_that_is_still_going_is_not_undone,
    a_run_that_nobody_is_at_is_taken_over,
    old_values_of_a_run_that_was_killed_are_dropped_like_those_of_others,
    old_values_can_be_dropped_and_then_not_be_put_back,
    a_journal_of_a_newer_release_is_refused,
    old_values_are_not_dropped_while_a_run_is_at_work,
);

async fn runs_are_listed_newest_first_with_what_they_did(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let list = ["runs", "--url", database.url(), "--format", "json"];
    assert_eq!(statemend(&list).exits(0).json(), json!({"runs": []}));
    fill_tasks(&database, &["one", "two", "3"]).await;
    let run = repair(&database);
    statemend(&["undo", &run, "--yes", "--url", database.url()]).exits(0);
    let runs = statemend(&list).exits(0).json();
    let told: Vec<_> = runs["runs"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|run| (run["mode"].clone(), run["state"].clone(), run["totals"]["rewritten"].clone()))
        .collect();
    assert_eq!(told, [(json!("undo"), json!("done"), json!(2)), (json!("repair"), json!("undone"), json!(2))]);
    let one = statemend(&["runs", &run, "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(one["run_id"], run);
    assert_eq!(one["undone_by"], runs["runs"][0]["run_id"]);
}

async fn one_run_at_a_time(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["one"]).await;
    let run = repair(&database);
    pretend_that_a_process_is_at(&database, &run).await;
    fill_again(&database).await;
    let before = dump_all(&database).await;
    statemend(&["repair", "--yes", "--url", database.url()]).exits(12).says(&run);
    assert_eq!(dump_all(&database).await, before);
}

async fn a_run_that_is_still_going_is_not_undone(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["one"]).await;
    let run = repair(&database);
    pretend_that_a_process_is_at(&database, &run).await;
    let before = dump_all(&database).await;
    statemend(&["undo", &run, "--yes", "--url", database.url()]).exits(12).says("another run is at work");
    assert_eq!(dump_all(&database).await, before);
}

async fn a_run_that_nobody_is_at_is_taken_over(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["one"]).await;
    let run = repair(&database);
    pretend_that_it_was_killed(&database, &run).await;
    fill_again(&database).await;
    // The run had come to the end of the table, so it has nothing left to do, and another one mends the new row.
    assert_ne!(repair(&database), run);
    assert_eq!(state(&database, &run), "done");
    statemend(&["scan", "--url", database.url()]).exits(0);
}

/// As if the process at the run had been killed a while ago.
async fn pretend_that_it_was_killed(database: &TestDatabase, run: &str) {
    pretend_that_a_process_is_at(database, run).await;
    let long_ago = match database.engine {
        Engine::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-70 seconds')",
        Engine::Postgres => "now() - interval '70 seconds'",
        Engine::MySql => "UTC_TIMESTAMP(6) - INTERVAL 70 SECOND",
    };
    database.execute(&format!("UPDATE statemend_run SET heartbeat_at = {long_ago}")).await;
}

async fn old_values_of_a_run_that_was_killed_are_dropped_like_those_of_others(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["one"]).await;
    pretend_that_it_was_killed(&database, &repair(&database)).await;
    let purge = statemend(&["runs", "--purge-older-than", "0s", "--yes", "--url", database.url()]).exits(0);
    purge.says("Dropped 1 old value of 1 run.");
    assert!(database.rows("SELECT value_before FROM statemend_change").await.is_empty());
}

async fn old_values_can_be_dropped_and_then_not_be_put_back(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["one"]).await;
    let run = repair(&database);
    let purge = |age: &str| statemend(&["runs", "--purge-older-than", age, "--yes", "--url", database.url()]);
    purge("1h").exits(0);
    let values = || async { database.rows("SELECT value_before FROM statemend_change").await };
    assert_eq!(values().await, [[Some("one".to_owned())]]);
    statemend(&["runs", "--purge-older-than", "0s", "--url", database.url()]).exits(2).says("--yes");
    purge("0s").exits(0);
    assert!(values().await.is_empty());
    statemend(&["undo", &run, "--yes", "--url", database.url()]).exits(2).says("dropped from the journal");
    let one = statemend(&["runs", &run, "--url", database.url(), "--format", "json"]).exits(0).json();
    assert!(one["purged_at"].is_string(), "the run itself stays listed");
}

async fn old_values_are_not_dropped_while_a_run_is_at_work(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["one"]).await;
    let run = repair(&database);
    pretend_that_a_process_is_at(&database, &run).await;
    statemend(&["runs", "--purge-older-than", "0s", "--yes", "--url", database.url()]).exits(12).says(&run);
    assert_eq!(database.rows("SELECT value_before FROM statemend_change").await.len(), 1);
}

#[test]
fn old_values_of_a_run_that_is_gone_on_with_during_the_purge_are_not_dropped() {
    for engine in [Engine::Postgres, Engine::MySql] {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &["one"]).await;
            let run = repair(&database);
            let mut other = database.connect().await;
            other.execute("BEGIN").await;
            other.execute("UPDATE statemend_run SET state = 'running', lease = 'all'").await;
            let purge = begin(&["runs", "--purge-older-than", "0s", "--yes", "--url", database.url()]);
            until_somebody_waits(&database).await;
            other.execute("COMMIT").await;
            end(purge).exits(12).says(&run);
            assert_eq!(database.rows("SELECT value_before FROM statemend_change").await, [[Some("one".to_owned())]]);
        });
    }
}

#[test]
fn a_journal_that_was_left_half_made_is_made_whole() {
    block_on(async {
        let database = TestDatabase::fresh(Engine::MySql).await;
        fill_tasks(&database, &["one"]).await;
        repair(&database);
        fill_again(&database).await;
        database.execute("DROP TABLE statemend_change; UPDATE statemend_migration SET success = false").await;
        repair(&database);
        statemend(&["scan", "--url", database.url()]).exits(0);
    });
}

async fn a_journal_of_a_newer_release_is_refused(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["one"]).await;
    repair(&database);
    fill_again(&database).await;
    let newer = [
        ("options", "\"version\":1", "\"version\":999", "of version 999"),
        ("progress", "\"rows_scanned\"", "\"rows_dreamt_of\":1,\"rows_scanned\"", "is not understood"),
    ];
    for (column, known, unknown, what) in newer {
        let swap = |from, to| format!("UPDATE statemend_run SET {column} = REPLACE({column}, '{from}', '{to}')");
        database.execute(&swap(known, unknown)).await;
        statemend(&["repair", "--yes", "--url", database.url()]).exits(3).says(what);
        database.execute(&swap(unknown, known)).await;
    }
    database.execute("UPDATE statemend_migration SET version = 999").await;
    statemend(&["repair", "--yes", "--url", database.url()]).exits(3).says("version 999");
    statemend(&["scan", "--url", database.url()]).exits(10);
}

fn state(database: &TestDatabase, run: &str) -> String {
    let report = statemend(&["runs", run, "--url", database.url(), "--format", "json"]).exits(0).json();
    report["state"].as_str().expect("a state").to_owned()
}

fn repair(database: &TestDatabase) -> String {
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    report["run_id"].as_str().expect("a run").to_owned()
}

/// Another bad row, behind the others.
async fn fill_again(database: &TestDatabase) {
    database.execute("UPDATE task_state_store SET value = 'again' WHERE id = 1").await;
}

async fn pretend_that_a_process_is_at(database: &TestDatabase, run: &str) {
    database
        .execute(&format!("UPDATE statemend_run SET state = 'running', lease = 'all' WHERE run_id = '{run}'"))
        .await;
}
