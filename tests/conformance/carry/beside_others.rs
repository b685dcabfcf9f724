//! Others that work on the same rows at the same time.

use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use super::{arguments, carry, counts, left, tasks, values};
use crate::older::{fill_tasks, generation, key_column, left_by};
use crate::statemend::{self, end};
use crate::support::{Connection, Engine, TestDatabase, block_on};

on_every_engine!(
    a_row_that_can_never_be_copied_is_left_and_told,
    a_row_that_somebody_puts_in_its_place_meanwhile_stays,
    a_table_that_is_locked_for_a_while_is_waited_for
);

const ROWS: usize = 150;

async fn with_rows(engine: Engine, rows: usize) -> TestDatabase {
    let database = left_by(engine, &[2, 4]).await;
    let keys: Vec<String> = (0..rows).map(|number| format!("{number:03}")).collect();
    let rows: Vec<_> = keys.iter().map(|key| (1, "load", -1, key.as_str(), "bad")).collect();
    fill_tasks(&database, "task_state", &rows).await;
    database
}

fn begin(database: &TestDatabase) -> Child {
    statemend::begin(&arguments(database, &["--yes", "--max-findings", "60"]))
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
    let running = begin(&database);
    if engine == Engine::Sqlite {
        sleep(Duration::from_secs(2));
    } else {
        // It has looked and found the place free, and waits for who is about to take it.
        let mut watch = database.connect().await;
        while !somebody_waits(&mut watch).await {
            // MariaDB shows the same picture again to whoever asks more often than every 100 ms.
            sleep(Duration::from_millis(150));
        }
    }
    other.execute("COMMIT").await;
    let report = end(running).exits(11).json();
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

async fn a_table_that_is_locked_for_a_while_is_waited_for(engine: Engine) {
    let database = with_rows(engine, ROWS).await;
    let mut holder = database.connect().await;
    let (lock, unlock) = match engine {
        Engine::Sqlite => ("BEGIN IMMEDIATE", "COMMIT"),
        Engine::Postgres => ("BEGIN; LOCK TABLE task_state_store IN EXCLUSIVE MODE", "COMMIT"),
        Engine::MySql => ("LOCK TABLES task_state_store READ", "UNLOCK TABLES"),
    };
    holder.execute(lock).await;
    let running = begin(&database);
    // Longer than the tries that a row gets: it is not the rows that are in the way.
    sleep(Duration::from_secs(8));
    holder.execute(unlock).await;
    let report = end(running).exits(0).json();
    assert_eq!(counts(&report)[0], ROWS as u64);
}

/// A row's owner that somebody holds keeps none of the others.
#[test]
fn a_row_whose_run_is_held_is_left_and_told() {
    for engine in [Engine::Postgres, Engine::MySql] {
        block_on(async {
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
        });
    }
}

/// A value always comes with its own time, however fast the older table is written.
#[test]
fn a_row_that_is_written_while_it_is_carried_goes_as_one() {
    for engine in [Engine::Postgres, Engine::MySql] {
        block_on(async {
            let database = with_rows(engine, ROWS).await;
            let slowly = ["--yes", "--chunk-rows", "5", "--chunk-pause", "20ms", "--max-findings", "60"];
            let mut running = statemend::begin(&arguments(&database, &slowly));
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
        });
    }
}

async fn somebody_waits(connection: &mut Connection) -> bool {
    let waiting = match connection {
        Connection::Postgres(_) => "SELECT pid::text FROM pg_locks WHERE NOT granted",
        _ => "SELECT trx_id FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'",
    };
    !connection.rows(waiting).await.is_empty()
}
