use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::state::{dump_all, fill_assets, fill_tasks, task_values};
use crate::statemend::{begin, end, signal, statemend};
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    an_interrupted_repair_stops_between_chunks_and_the_next_one_goes_on,
    what_went_bad_behind_the_back_of_an_interrupted_run_is_mended_too,
    a_repair_does_not_go_on_with_a_run_that_was_undone,
    a_repair_of_other_tables_says_that_it_starts_over,
    a_run_whose_last_chunk_the_server_has_lost_says_so_and_lets_go,
);

const ROWS: u64 = 2_000;

async fn an_interrupted_repair_stops_between_chunks_and_the_next_one_goes_on(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS as usize]).await;
    let before = dump_all(&database).await;
    let interrupted = interrupt_a_repair(&database).await;
    assert_eq!(interrupted["outcome"], "interrupted");
    assert_eq!(interrupted["totals"]["rewritten"], database.journaled().await);

    let finished = repair(&database);
    assert_eq!(finished["run_id"], interrupted["run_id"], "it goes on with the same run");
    assert_eq!(finished["totals"]["rewritten"], ROWS, "and counts what was done before");
    assert_eq!(finished["totals"]["rows_scanned"], ROWS);
    assert_eq!(database.journaled().await, ROWS);
    undo(&database, &finished);
    assert!(dump_all(&database).await == before, "every byte is back");
}

async fn what_went_bad_behind_the_back_of_an_interrupted_run_is_mended_too(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS as usize]).await;
    interrupt_a_repair(&database).await;
    database.execute("UPDATE task_state_store SET value = 'bad again' WHERE id = 1").await;
    fill_assets(&database, &[(1, "new", "bad")]).await;
    repair(&database);
    statemend(&["scan", "--url", database.url()]).exits(0);
}

async fn a_repair_does_not_go_on_with_a_run_that_was_undone(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS as usize]).await;
    let before = dump_all(&database).await;
    let interrupted = interrupt_a_repair(&database).await;
    undo(&database, &interrupted);
    assert!(dump_all(&database).await == before, "every byte is back");
    assert_ne!(repair(&database)["run_id"], interrupted["run_id"]);
    statemend(&["scan", "--url", database.url()]).exits(0);
}

async fn a_repair_of_other_tables_says_that_it_starts_over(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS as usize]).await;
    let interrupted = interrupt_a_repair(&database).await;
    let run = interrupted["run_id"].as_str().expect("a run");
    let of_one_table = [&repairing(&database)[..], &["--table", "task_state_store"]].concat();
    let other = statemend(&of_one_table).exits(0).says(run).says("with other tables; starting over").json();
    assert_ne!(other["run_id"], interrupted["run_id"]);
    statemend(&["scan", "--url", database.url()]).exits(0);
}

/// Begins a repair, and stops it with Ctrl-C once it has changed something.
async fn interrupt_a_repair(database: &TestDatabase) -> Value {
    // Most of the time it rests, and the signal meets it there.
    let slowly = ["--chunk-rows", "50", "--chunk-pause", "20ms"];
    let child = begin(&[&repairing(database)[..], &slowly].concat());
    while database.journaled().await == 0 {
        sleep(Duration::from_millis(2));
    }
    signal("-INT", &child);
    let interrupted = end(child).exits(130).json();
    let done = database.journaled().await;
    assert!(0 < done && done < ROWS, "{done} rows were mended before the stop");
    interrupted
}

/// As after a failover to a replica that was behind, just before a run comes to its end.
async fn a_run_whose_last_chunk_the_server_has_lost_says_so_and_lets_go(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad"]).await;
    repair(&database);
    database.execute("UPDATE task_state_store SET value = 'bad'").await;
    let running = begin(&["repair", "--yes", "--url", database.url(), "--chunk-pause", "3s"]);
    while task_values(&database).await == ["bad"] {
        sleep(Duration::from_millis(50));
    }
    let other = if engine == Engine::MySql { "CONCAT(' ', progress)" } else { "' ' || progress" };
    database.execute(&format!("UPDATE statemend_run SET progress = {other} WHERE lease IS NOT NULL")).await;
    end(running).exits(3).says("the server has lost what it had committed");
    assert!(database.rows("SELECT run_id FROM statemend_run WHERE lease IS NOT NULL").await.is_empty());
}

fn repair(database: &TestDatabase) -> Value {
    statemend(&repairing(database)).exits(0).json()
}

fn undo(database: &TestDatabase, report: &Value) {
    let run = report["run_id"].as_str().expect("a run");
    statemend(&["undo", run, "--yes", "--url", database.url()]).exits(0);
}

/// With a report that fits the pipe, since nobody reads it before the end.
fn repairing(database: &TestDatabase) -> [&str; 8] {
    ["repair", "--yes", "--url", database.url(), "--format", "json", "--max-findings", "10"]
}
