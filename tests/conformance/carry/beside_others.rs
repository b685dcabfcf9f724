//! Others that work on the same rows at the same time.

use std::thread::sleep;
use std::time::Duration;

use super::{arguments, carry, counts, left, values};
use crate::holding::{WAITS, lock_table, unlock_table, until_somebody_waits};
use crate::older::{fill_tasks, key_column, left_by};
use crate::statemend::Heard;
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    a_row_that_can_never_be_copied_is_left_and_told,
    a_row_that_somebody_puts_in_its_place_meanwhile_stays,
    a_table_that_is_locked_in_the_middle_of_a_carry_is_waited_for,
);

pub(super) const ROWS: usize = 150;

pub(super) async fn with_rows(engine: Engine, rows: usize) -> TestDatabase {
    let database = left_by(engine, &[2, 4]).await;
    let keys: Vec<String> = (0..rows).map(|number| format!("{number:03}")).collect();
    let rows: Vec<_> = keys.iter().map(|key| (1, "load", -1, key.as_str(), "bad")).collect();
    fill_tasks(&database, "task_state", &rows).await;
    database
}

fn begin(database: &TestDatabase, more: &[&str]) -> Heard {
    Heard::begin(&arguments(database, &[&["--yes", "--max-findings", "60", "-vv"], more].concat()))
}

/// A statement that puts a row in the place of one that is to be carried.
fn put(engine: Engine, key: &str) -> String {
    let column = key_column(engine);
    format!(
        "INSERT INTO task_state_store (dag_run_id, task_id, map_index, {column}, dag_id, run_id, value, updated_at) \
         VALUES (1, 'load', -1, '{key}', 'example', 'run 1', '\"mine\"', '2026-06-01 00:00:00')"
    )
}

async fn a_row_that_somebody_puts_in_its_place_meanwhile_stays(engine: Engine) {
    // A row that stands alone is looked at again as well.
    for rows in [1, ROWS] {
        a_row_stays_that_somebody_puts_among(engine, rows).await;
    }
}

async fn a_row_stays_that_somebody_puts_among(engine: Engine, rows: usize) {
    let database = with_rows(engine, rows).await;
    let taken = rows / 2;
    // So that the journal is there and the next run gets to its chunks at once.
    carry(&database, &["--table", "asset_state"]).exits(0);
    let mut other = database.connect().await;
    other.execute(if engine == Engine::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" }).await;
    other.execute(&put(engine, &format!("{taken:03}"))).await;
    let mut running = begin(&database, &[]);
    if engine == Engine::Sqlite {
        running.until(WAITS);
    } else {
        // It has looked and found the place free, and waits for who is about to take it.
        until_somebody_waits(&database).await;
    }
    other.execute("COMMIT").await;
    let report = running.end().exits(11).json();
    assert_eq!(left(&report), [("task_state", format!("{taken:03}").as_str(), "already_there")]);
    assert_eq!(counts(&report), [rows as u64 - 1, rows as u64 - 1, 0, 1, 0, 1]);
    let there = values(&database).await;
    assert_eq!(there.len(), rows);
    assert_eq!(there[taken].1, "\"mine\"");
}

/// An index that somebody added refuses the second row of a key, and the look before the copy does not know of it.
async fn a_row_that_can_never_be_copied_is_left_and_told(engine: Engine) {
    let database = with_rows(engine, ROWS).await;
    fill_tasks(&database, "task_state", &[(1, "publish", -1, "007", "bad")]).await;
    let index = format!("CREATE UNIQUE INDEX added ON task_state_store ({})", key_column(engine));
    database.execute(&index).await;
    let report = carry(&database, &["--max-findings", "200"]).exits(11).json();
    assert_eq!(left(&report), [("task_state", "007", "overtaken")]);
    assert_eq!(counts(&report), [ROWS as u64, ROWS as u64, 0, 0, 0, 1]);
    assert_eq!(values(&database).await.len(), ROWS);
}

async fn a_table_that_is_locked_in_the_middle_of_a_carry_is_waited_for(engine: Engine) {
    let database = with_rows(engine, ROWS).await;
    let mut holder = database.connect().await;
    let mut running = begin(&database, &["--chunk-rows", "30", "--chunk-pause", "300ms"]);
    while database.journaled().await == 0 {
        sleep(Duration::from_millis(10));
    }
    lock_table(&mut holder).await;
    running.until(WAITS);
    unlock_table(&mut holder).await;
    let report = running.end().exits(0).json();
    assert_eq!(counts(&report), [ROWS as u64, ROWS as u64, 0, 0, 0, 0]);
    assert_eq!(values(&database).await.len(), ROWS);
}
