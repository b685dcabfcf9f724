//! Somebody else's lock on a whole table, or on the file of SQLite, is no row's fault: its end is waited for.

use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::{ROWS, repair, repairing, undoing};
use crate::holding::{WAITS, lock_table, unlock_table};
use crate::state::{dump_all, fill_tasks, task_values};
use crate::statemend::Heard;
use crate::support::{Engine, TestDatabase, block_on};

on_every_engine!(
    a_table_that_is_locked_before_a_repair_begins_is_waited_for,
    a_table_that_is_locked_in_the_middle_of_a_repair_is_waited_for,
    a_table_that_is_locked_in_the_middle_of_an_undo_is_waited_for,
);

async fn a_table_that_is_locked_before_a_repair_begins_is_waited_for(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad"]).await;
    let mut holder = database.connect().await;
    lock_table(&mut holder).await;
    let mut waiting = Heard::begin(&[&repairing(&database)[..], &["-vv"]].concat());
    waiting.until(WAITS);
    unlock_table(&mut holder).await;
    waiting.end().exits(0);
    assert_eq!(task_values(&database).await, [r#""bad""#]);
}

/// Slow enough to be met between two chunks, and told when it waits.
const IN_FIVE_CHUNKS: [&str; 5] = ["--chunk-rows", "30", "--chunk-pause", "300ms", "-vv"];

async fn a_table_that_is_locked_in_the_middle_of_a_repair_is_waited_for(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS]).await;
    let report = lock_in_the_middle_of(&database, &repairing(&database), 0).await;
    assert_eq!(report["totals"]["rewritten"], ROWS);
    assert_eq!(report["totals"]["skipped"], 0);
    assert_eq!(task_values(&database).await, vec![r#""bad""#; ROWS]);
}

async fn a_table_that_is_locked_in_the_middle_of_an_undo_is_waited_for(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS]).await;
    let before = dump_all(&database).await;
    let run = repair(&database).exits(0).run();
    let report = lock_in_the_middle_of(&database, &undoing(&database, &run), ROWS as u64).await;
    assert_eq!(report["totals"]["rewritten"], ROWS);
    assert_eq!(report["totals"]["skipped"], 0);
    assert!(dump_all(&database).await == before, "every byte is back");
}

/// Locks the table once the journal has more entries than this, until a chunk has met the lock and no row is blamed.
async fn lock_in_the_middle_of(database: &TestDatabase, arguments: &[&str], entries: u64) -> Value {
    let mut holder = database.connect().await;
    let mut running = Heard::begin(&[arguments, &IN_FIVE_CHUNKS].concat());
    while database.journaled().await <= entries {
        sleep(Duration::from_millis(10));
    }
    lock_table(&mut holder).await;
    running.until(WAITS);
    unlock_table(&mut holder).await;
    running.end().exits(0).json()
}

#[test]
fn a_reader_of_a_sqlite_file_is_waited_for_and_no_row_is_left_for_it() {
    block_on(async {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        fill_tasks(&database, &vec!["bad"; ROWS]).await;
        let mut reader = database.connect().await;
        let mut running = Heard::begin(&[&repairing(&database)[..], &IN_FIVE_CHUNKS].concat());
        while database.journaled().await == 0 {
            sleep(Duration::from_millis(10));
        }
        // It keeps the chunks from their commit, and the program from no look at a row.
        reader.execute("BEGIN").await;
        reader.rows("SELECT value FROM task_state_store WHERE id = 1").await;
        running.until(WAITS);
        reader.execute("COMMIT").await;
        let report = running.end().exits(0).json();
        assert_eq!(report["totals"]["rewritten"], ROWS);
        assert_eq!(report["totals"]["skipped"], 0);
    });
}
