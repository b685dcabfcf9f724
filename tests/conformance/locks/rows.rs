//! Rows that somebody else holds are left and told, and keep none of the others.

use std::thread::sleep;
use std::time::Duration;

use super::{ROWS, SLOWLY, assert_left, repair, repairing, undoing};
use crate::holding::{WAITS, until_somebody_waits};
use crate::state::{dump_all, fill_tasks};
use crate::statemend::{Heard, begin, end, signal, statemend};
use crate::support::{Engine, TestDatabase};

// SQLite has one lock for the whole file.
on_both_servers!(
    a_row_that_stays_locked_is_left_and_told_and_all_others_are_mended,
    a_row_that_is_locked_during_an_undo_is_left_and_told,
    somebody_who_holds_very_many_rows_is_waited_for,
    a_row_that_one_sitting_left_and_the_next_mended_is_not_counted_as_left,
    a_deadlock_costs_nobody_a_value,
);

async fn a_row_that_stays_locked_is_left_and_told_and_all_others_are_mended(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS]).await;
    let mut holder = database.connect().await;
    holder.execute("BEGIN").await;
    holder.execute("SELECT value FROM task_state_store WHERE id = 77 FOR UPDATE").await;
    let report = repair(&database).exits(11).json();
    assert_eq!(report["totals"]["rewritten"], ROWS - 1);
    assert_left(&report, 77, "locked");
    holder.execute("COMMIT").await;
    let report = repair(&database).exits(0).json();
    assert_eq!(report["totals"]["rewritten"], 1);
}

async fn somebody_who_holds_very_many_rows_is_waited_for(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS]).await;
    let mut holder = database.connect().await;
    holder.execute("BEGIN").await;
    holder.execute("SELECT value FROM task_state_store FOR UPDATE").await;
    let mut running = Heard::begin(&[&repairing(&database)[..], &["--chunk-rows", "1", "-vv"]].concat());
    running.until(WAITS);
    holder.execute("COMMIT").await;
    let report = running.end().exits(11).json();
    assert_eq!(report["totals"]["skipped"], 10, "as many as are looked for one by one");
    assert_eq!(report["totals"]["rewritten"], ROWS - 10);
}

async fn a_row_that_is_locked_during_an_undo_is_left_and_told(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS]).await;
    let before = dump_all(&database).await;
    let run = repair(&database).exits(0).run();
    let mut holder = database.connect().await;
    holder.execute("BEGIN").await;
    holder.execute("SELECT value FROM task_state_store WHERE id = 77 FOR UPDATE").await;
    let undo = undoing(&database, &run);
    let report = statemend(&undo).exits(11).json();
    assert_eq!(report["totals"]["rewritten"], ROWS - 1);
    assert_left(&report, 77, "locked");
    holder.execute("COMMIT").await;
    statemend(&undo).exits(0);
    assert!(dump_all(&database).await == before, "every byte is back");
}

async fn a_row_that_one_sitting_left_and_the_next_mended_is_not_counted_as_left(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS]).await;
    let mut holder = database.connect().await;
    holder.execute("BEGIN").await;
    holder.execute("SELECT value FROM task_state_store WHERE id = 7 FOR UPDATE").await;
    let slow = begin(&[&repairing(&database)[..], &SLOWLY].concat());
    while database.journaled().await < 19 {
        sleep(Duration::from_millis(20));
    }
    signal("-INT", &slow);
    let stopped = end(slow).exits(130).json();
    assert_eq!(stopped["totals"]["skipped"], 1);
    holder.execute("COMMIT").await;
    let report = repair(&database).exits(0).json();
    assert_eq!(report["outcome"], "repaired");
    assert_eq!(report["totals"]["rewritten"], ROWS);
    assert_eq!(report["totals"]["rows_scanned"], ROWS);
    assert_eq!(report["totals"]["skipped"], 0);
}

async fn a_deadlock_costs_nobody_a_value(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS]).await;
    let mut other = database.connect().await;
    other.execute("BEGIN").await;
    other.execute("SELECT value FROM task_state_store WHERE id = 77 FOR UPDATE").await;
    let repair = begin(&repairing(&database));
    until_somebody_waits(&database).await;
    // The repair holds row 1 by now and waits for row 77: whoever the server picks as the victim, tries again.
    let _ = other.try_execute("SELECT value FROM task_state_store WHERE id = 1 FOR UPDATE").await;
    other.execute("ROLLBACK").await;
    let report = end(repair).exits(0).json();
    assert_eq!(report["totals"]["rewritten"], ROWS);
    assert_eq!(report["totals"]["skipped"], 0);
}
