//! Others that hold or write single rows while they are carried, as SQLite lets nobody do.

use super::beside_others::{ROWS, with_rows};
use super::{arguments, carry, counts, left, tasks};
use crate::older::{fill_tasks, generation, key_column};
use crate::statemend::{begin, end};
use crate::support::Engine;

on_both_servers!(a_row_whose_run_is_held_is_left_and_told, a_row_that_is_written_while_it_is_carried_goes_as_one,);

/// A row's owner that somebody holds keeps none of the others.
async fn a_row_whose_run_is_held_is_left_and_told(engine: Engine) {
    let database = with_rows(engine, ROWS).await;
    fill_tasks(&database, "task_state", &[(3, "load", -1, "held", "1")]).await;
    let mut holder = database.connect().await;
    holder.execute("BEGIN").await;
    holder.rows("SELECT id FROM dag_run WHERE id = 3 FOR UPDATE").await;
    let report = carry(&database, &["--max-findings", "60"]).exits(11).json();
    assert_eq!(left(&report), [("task_state", "held", "locked")]);
    assert_eq!(counts(&report)[0], ROWS as u64);
    holder.execute("COMMIT").await;
    let report = carry(&database, &["--max-findings", "60"]).exits(0).json();
    assert_eq!(counts(&report), [1, 0, ROWS as u64, 0, 0, 0]);
}

/// A value always comes with its own time, however fast the older table is written.
async fn a_row_that_is_written_while_it_is_carried_goes_as_one(engine: Engine) {
    let database = with_rows(engine, ROWS).await;
    let slowly = ["--yes", "--chunk-rows", "5", "--chunk-pause", "20ms", "--max-findings", "60"];
    let mut running = begin(&arguments(&database, &slowly));
    let mut writer = database.connect().await;
    let (mut second, key) = (0, key_column(engine));
    while running.try_wait().expect("a child can be waited for").is_none() {
        second = (second + 7) % 60;
        let (time, row) = (format!("2026-06-01 00:00:{second:02}"), fastrand::usize(..ROWS));
        // What is mended goes through the program, and what reads well does not.
        let value = if second % 2 == 0 { format!("{second}") } else { format!("raw {second}") };
        let set = format!("value = '{value}', updated_at = '{time}'");
        let rows = format!("{key} BETWEEN '{row:03}' AND '{:03}'", row + 2);
        writer.execute(&format!("UPDATE task_state SET {set} WHERE {rows}")).await;
    }
    end(running).exits(0);
    let there = tasks(&database, generation(4)).await;
    assert_eq!(there.len(), ROWS);
    let mut written = 0;
    for row in there {
        let (value, time) = (row[4].as_deref().expect("a value"), row[7].as_deref().expect("a time"));
        if value != "\"bad\"" {
            let second = value.trim_matches('"').trim_start_matches("raw ");
            let second: usize = second.parse().expect("a number");
            assert!(time.starts_with(&format!("2026-06-01 00:00:{second:02}")), "{value} at {time}");
            written += 1;
        }
    }
    assert!(written > 0, "somebody wrote meanwhile");
}
