//! What a carry leaves in the journal, and what is done with it: going on, and taking rows out again.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::{NOTHING, arguments, carry, counts, left, released, run_of, tasks, undo, values};
use crate::older::{fill_tasks, generation, key_column, left_by};
use crate::statemend::{command_piped, ran, signal, statemend};
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    the_journal_says_what_was_made_of_what,
    a_carry_that_was_interrupted_goes_on_and_carries_each_row_once,
    rows_that_came_behind_an_interrupted_carry_are_carried_too,
    an_undo_takes_out_what_is_as_it_was_carried_and_nothing_else,
    an_undo_that_was_interrupted_goes_on,
    what_was_taken_out_is_carried_again_and_not_put_back,
    rows_are_not_taken_out_once_the_older_table_is_gone,
    runs_tell_of_a_carry,
);

async fn the_journal_says_what_was_made_of_what(engine: Engine) {
    for older in [1, 3] {
        let database = left_by(engine, &[older, 4]).await;
        let rows = [(1, "load", -1, "good", "1"), (1, "load", -1, "raw", "opensesame")];
        fill_tasks(&database, generation(older).tasks, &rows).await;
        carry(&database, &[]).exits(0);
        let columns = "table_name, row_key, kind, action, value_before, bytes_before, sha256_after, origin";
        let entries = database.rows(&format!("SELECT {columns} FROM statemend_change ORDER BY seq")).await;
        let name = |key: &str| json!({"dag_run_id": 1, "task_id": "load", "map_index": -1, "key": key});
        for (place, (entry, (key, kind, action, bytes))) in
            entries.iter().zip([("good", "readable", "carry", "1"), ("raw", "raw_text", "string", "10")]).enumerate()
        {
            let json = |column: usize| -> Value {
                serde_json::from_str(entry[column].as_deref().expect("it is there")).expect("JSON")
            };
            let text = |column: usize| entry[column].as_deref();
            assert_eq!(text(0), Some("task_state_store"));
            assert_eq!(json(1), name(key));
            assert_eq!((text(2), text(3), text(4), text(5)), (Some(kind), Some(action), None, Some(bytes)));
            assert_eq!(text(6).map(str::len), Some(64));
            let origin = if older == 1 { name(key) } else { json!({ "id": place + 1 }) };
            assert_eq!(json(7), json!({"table": generation(older).tasks, "key": origin}));
        }
        assert_eq!(entries.len(), 2);
    }
}

const ROWS: usize = 2_000;

/// A database with many rows in an older table, every other one of them bad.
async fn with_many_rows(engine: Engine) -> TestDatabase {
    let database = left_by(engine, &[2, 4]).await;
    let keys: Vec<String> = (0..ROWS).map(|number| format!("{number:05}")).collect();
    let value = |number| if number % 2 == 0 { "bad" } else { "1" };
    let rows: Vec<_> =
        keys.iter().enumerate().map(|(number, key)| (1, "load", -1, key.as_str(), value(number))).collect();
    fill_tasks(&database, "task_state", &rows).await;
    database
}

/// Most of the time a run rests, and a signal meets it there. The report fits the pipe.
const SLOWLY: [&str; 7] = ["--yes", "--chunk-rows", "50", "--chunk-pause", "20ms", "--max-findings", "10"];

/// Begins a carry or an undo, and stops it with Ctrl-C once the journal has more entries than this.
async fn interrupt(database: &TestDatabase, arguments: &[&str], entries: u64) -> Value {
    let child = command_piped(arguments).spawn().expect("the program starts");
    while database.journaled().await <= entries {
        sleep(Duration::from_millis(2));
    }
    signal("-INT", &child);
    let stopped = ran(child.wait_with_output().expect("the program ends")).exits(130).json();
    assert_eq!(stopped["outcome"], "interrupted");
    stopped
}

async fn a_carry_that_was_interrupted_goes_on_and_carries_each_row_once(engine: Engine) {
    let database = with_many_rows(engine).await;
    let stopped = interrupt(&database, &arguments(&database, &SLOWLY), 0).await;
    let done = counts(&stopped)[0];
    assert!(0 < done && done < ROWS as u64, "{done} rows were carried before the stop");
    assert_eq!(values(&database).await.len() as u64, done);
    let finished = carry(&database, &["--max-findings", "10"]).exits(0).json();
    assert_eq!(run_of(&finished), run_of(&stopped), "it goes on with the same run");
    assert_eq!(counts(&finished), [ROWS as u64, ROWS as u64 / 2, 0, 0, 0, 0], "and counts what was done before");
    assert_eq!(database.journaled().await, ROWS as u64);
    let again = carry(&database, &["--max-findings", "10"]).exits(0).json();
    assert_eq!(counts(&again), [0, 0, ROWS as u64, 0, 0, 0]);
    undo(&database, &finished).exits(0);
    assert_eq!(released(&database).await, NOTHING);
}

async fn rows_that_came_behind_an_interrupted_carry_are_carried_too(engine: Engine) {
    let database = with_many_rows(engine).await;
    interrupt(&database, &arguments(&database, &SLOWLY), 0).await;
    // A row that was carried already is written anew, and one comes behind the last.
    let key = key_column(engine);
    database.execute(&format!("DELETE FROM task_state_store WHERE {key} = '00000'")).await;
    fill_tasks(&database, "task_state", &[(2, "load", -1, "new", "bad")]).await;
    let report = carry(&database, &["--max-findings", "10"]).exits(0).json();
    assert_eq!(values(&database).await.len(), ROWS + 1);
    assert_eq!(counts(&report)[0], ROWS as u64 + 2);
}

async fn an_undo_takes_out_what_is_as_it_was_carried_and_nothing_else(engine: Engine) {
    let database = left_by(engine, &[1, 4]).await;
    let rows = ["as it was", "gone", "value", "written"].map(|key| (1, "load", -1, key, "bad"));
    fill_tasks(&database, "task_state", &rows).await;
    fill_tasks(&database, "task_state_store", &[(2, "load", -1, "mine", "1")]).await;
    let report = carry(&database, &[]).exits(0).json();
    let key = key_column(engine);
    database
        .execute(&format!(
            "UPDATE task_state_store SET value = '\"Bad\"' WHERE {key} = 'value'; \
             UPDATE task_state_store SET updated_at = '2026-06-01 00:00:00' WHERE {key} = 'written'; \
             DELETE FROM task_state_store WHERE {key} = 'gone'"
        ))
        .await;
    let undone = undo(&database, &report).exits(11).json();
    assert_eq!((&undone["totals"]["rewritten"], &undone["totals"]["drifted"]), (&json!(1), &json!(2)));
    let drifted = |key| ("task_state_store", key, "written_since");
    assert_eq!(left(&undone), [drifted("value"), drifted("written")]);
    let names: Vec<String> = values(&database).await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["value", "written", "mine"]);
    // Once more, there is nothing left to do but what was left.
    let again = undo(&database, &report).exits(11).json();
    assert_eq!((&again["totals"]["rewritten"], left(&again)), (&json!(0), left(&undone)));
    let human = statemend(&["undo", run_of(&report), "--yes", "--url", database.url()]).exits(11).stdout;
    assert!(human.starts_with("Took 0 of 2 rows of run"), "{human}");
}

async fn an_undo_that_was_interrupted_goes_on(engine: Engine) {
    let database = with_many_rows(engine).await;
    let report = carry(&database, &["--max-findings", "10"]).exits(0).json();
    let command = ["undo", run_of(&report), "--url", database.url(), "--format", "json"];
    let stopped = interrupt(&database, &[&command[..], &SLOWLY].concat(), ROWS as u64).await;
    let done = stopped["totals"]["rewritten"].as_u64().expect("a count");
    assert!(0 < done && done < ROWS as u64, "{done} rows were taken out before the stop");
    assert_eq!(values(&database).await.len() as u64, ROWS as u64 - done);
    let finished = undo(&database, &report).exits(0).json();
    assert_eq!((run_of(&finished), &finished["totals"]["rewritten"]), (run_of(&stopped), &json!(ROWS)));
    assert_eq!(released(&database).await, NOTHING);
}

async fn what_was_taken_out_is_carried_again_and_not_put_back(engine: Engine) {
    let database = left_by(engine, &[3, 4]).await;
    fill_tasks(&database, "task_store", &[(1, "load", -1, "a", "bad"), (1, "load", -1, "b", "1")]).await;
    let first = carry(&database, &[]).exits(0).json();
    let there = released(&database).await;
    let undone = undo(&database, &first).exits(0).json();
    undo(&database, &undone).exits(2).says("undid a carry").says("`statemend carry` brings them over again");
    let second = carry(&database, &[]).exits(0).json();
    assert_ne!(run_of(&first), run_of(&second));
    assert_eq!(released(&database).await, there);
}

async fn rows_are_not_taken_out_once_the_older_table_is_gone(engine: Engine) {
    let database = left_by(engine, &[2, 4]).await;
    fill_tasks(&database, "task_state", &[(1, "load", -1, "a", "bad")]).await;
    let report = carry(&database, &[]).exits(0).json();
    let before = tasks(&database, generation(4)).await;
    database.execute("DROP TABLE task_state; DROP TABLE asset_state").await;
    undo(&database, &report).exits(3).says("carried rows out of task_state").says("all that is left");
    assert_eq!(tasks(&database, generation(4)).await, before);
}

async fn runs_tell_of_a_carry(engine: Engine) {
    let database = left_by(engine, &[2, 4]).await;
    let rows = [(1, "load", -1, "a", "bad"), (1, "load", -1, "b", "1"), (1, "load", -1, "c", "1")];
    fill_tasks(&database, "task_state", &rows).await;
    fill_tasks(&database, "task_state_store", &[(1, "load", -1, "c", "2")]).await;
    let report = carry(&database, &[]).exits(11).json();
    let run = |format| statemend(&["runs", run_of(&report), "--url", database.url(), "--format", format]).exits(0);
    let told = run("json").json();
    assert_eq!((&told["mode"], &told["state"]), (&json!("carry"), &json!("done")));
    let table = json!({
        "table": "task_state", "rows_scanned": 3, "bytes_scanned": 5, "rewritten": 1, "skipped": 1, "drifted": 0,
        "carried": 2, "already_there": 1,
    });
    assert_eq!(told["tables"][0], table);
    let human = run("human").stdout;
    assert!(human.contains("2 carried, 1 of them mended, 1 skipped") && human.contains("undo"), "{human}");
    undo(&database, &report).exits(0);
    assert_eq!(run("json").json()["state"], "undone");
}
