//! Someone else's locks, triggers and constraints: what is in the way of a row keeps none of the others.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::state::{dump_all, fill_tasks, task_values};
use crate::statemend::{Ran, begin, end, signal, statemend};
use crate::support::{Connection, Engine, TestDatabase, block_on};

on_every_engine!(
    a_table_that_is_locked_for_a_while_is_waited_for,
    a_row_that_the_database_refuses_to_change_is_left_and_told,
    a_journal_that_takes_no_entries_ends_the_run_and_is_no_rows_fault,
    a_row_that_is_locked_during_an_undo_is_left_and_told,
);

/// The engines that lock rows; SQLite has one lock for the whole file.
const SERVERS: [Engine; 2] = [Engine::Postgres, Engine::MySql];

const ROWS: usize = 150;

#[test]
fn a_row_that_stays_locked_is_left_and_told_and_all_others_are_mended() {
    for engine in SERVERS {
        block_on(async {
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
        });
    }
}

async fn a_row_that_is_locked_during_an_undo_is_left_and_told(engine: Engine) {
    if engine == Engine::Sqlite {
        return a_file_that_is_locked_during_an_undo_is_waited_for().await;
    }
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS]).await;
    let before = dump_all(&database).await;
    let run = repair(&database).exits(0).json()["run_id"].as_str().expect("a run").to_owned();
    let mut holder = database.connect().await;
    holder.execute("BEGIN").await;
    holder.execute("SELECT value FROM task_state_store WHERE id = 77 FOR UPDATE").await;
    let undo = ["undo", &run, "--yes", "--url", database.url(), "--format", "json"];
    let report = statemend(&undo).exits(11).json();
    assert_eq!(report["totals"]["rewritten"], ROWS - 1);
    assert_left(&report, 77, "locked");
    holder.execute("COMMIT").await;
    statemend(&undo).exits(0);
    assert!(dump_all(&database).await == before, "every byte is back");
}

async fn a_file_that_is_locked_during_an_undo_is_waited_for() {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    fill_tasks(&database, &["bad"]).await;
    let run = repair(&database).exits(0).json()["run_id"].as_str().expect("a run").to_owned();
    let mut holder = database.connect().await;
    holder.execute("BEGIN IMMEDIATE").await;
    let undo = begin(&["undo", &run, "--yes", "--url", database.url(), "--format", "json"]);
    sleep(Duration::from_secs(4));
    holder.execute("COMMIT").await;
    end(undo).exits(0);
    assert_eq!(task_values(&database).await, ["bad"]);
}

async fn a_table_that_is_locked_for_a_while_is_waited_for(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS]).await;
    let mut holder = database.connect().await;
    let (lock, unlock) = match engine {
        Engine::Sqlite => ("BEGIN IMMEDIATE", "COMMIT"),
        Engine::Postgres => ("BEGIN; LOCK TABLE task_state_store IN EXCLUSIVE MODE", "COMMIT"),
        Engine::MySql => ("LOCK TABLES task_state_store READ", "UNLOCK TABLES"),
    };
    holder.execute(lock).await;
    let repair = begin(&repairing(&database));
    // Longer than the tries that a row gets: it is not the rows that are in the way.
    sleep(Duration::from_secs(10));
    holder.execute(unlock).await;
    let report = end(repair).exits(0).json();
    assert_eq!(report["totals"]["rewritten"], ROWS);
    assert_eq!(report["totals"]["skipped"], 0);
}

async fn a_row_that_the_database_refuses_to_change_is_left_and_told(engine: Engine) {
    let constraint = match engine {
        Engine::Sqlite => {
            "CREATE TRIGGER refuse BEFORE UPDATE ON task_state_store WHEN NEW.id = 77 \
             BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        }
        Engine::Postgres | Engine::MySql => {
            "ALTER TABLE task_state_store ADD CONSTRAINT refuse CHECK (value NOT LIKE '_opensesame 77_')"
        }
    };
    a_refused_row_is_left_and_told(engine, constraint).await;
}

#[test]
fn a_row_that_a_trigger_refuses_by_a_code_of_its_own_is_left_and_told() {
    let postgres = |when: &str| {
        format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.id = 77 THEN RAISE EXCEPTION 'not %', NEW.value USING ERRCODE = 'ZX001'; END IF; RETURN NEW; END $$; \
             CREATE {when} FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    };
    let (at_once, in_the_end) = ("TRIGGER refuse BEFORE UPDATE ON task_state_store", "DEFERRABLE INITIALLY DEFERRED");
    let put_off = format!("CONSTRAINT TRIGGER refuse AFTER UPDATE ON task_state_store {in_the_end}");
    let mysql = "CREATE TRIGGER refuse BEFORE UPDATE ON task_state_store FOR EACH ROW BEGIN IF NEW.id = 77 THEN \
        SIGNAL SQLSTATE 'ZX001' SET MYSQL_ERRNO = 31000, MESSAGE_TEXT = 'not opensesame'; END IF; END";
    block_on(async {
        a_refused_row_is_left_and_told(Engine::Postgres, &postgres(at_once)).await;
        a_refused_row_is_left_and_told(Engine::Postgres, &postgres(&put_off)).await;
        a_refused_row_is_left_and_told(Engine::MySql, mysql).await;
    });
}

async fn a_refused_row_is_left_and_told(engine: Engine, refuse: &str) {
    let database = TestDatabase::fresh(engine).await;
    let values: Vec<String> = (1..=ROWS).map(|number| format!("opensesame {number}")).collect();
    fill_tasks(&database, &values.iter().map(String::as_str).collect::<Vec<_>>()).await;
    database.execute(refuse).await;
    let told = statemend(&[&repairing(&database)[..], &["-vv"]].concat()).exits(11);
    assert!(!told.stderr.contains("opensesame"), "a database quotes the values that it refuses: {}", told.stderr);
    let report = told.json();
    assert_eq!(report["totals"]["rewritten"], ROWS - 1);
    assert_left(&report, 77, "refused");
    assert_eq!(task_values(&database).await[76], "opensesame 77");
}

async fn a_journal_that_takes_no_entries_ends_the_run_and_is_no_rows_fault(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; ROWS]).await;
    repair(&database).exits(0);
    database.execute("UPDATE task_state_store SET value = 'bad again'").await;
    let refuse = match engine {
        Engine::Sqlite => {
            "CREATE TRIGGER refuse BEFORE INSERT ON statemend_change BEGIN SELECT RAISE(ABORT, 'no more'); END"
        }
        Engine::Postgres | Engine::MySql => {
            "ALTER TABLE statemend_change ADD CONSTRAINT refuse CHECK (value_before = 'bad')"
        }
    };
    database.execute(refuse).await;
    repair(&database).exits(3).says("the journal could not be written");
    assert_eq!(task_values(&database).await, vec!["bad again"; ROWS]);
}

#[test]
fn a_reader_of_a_sqlite_file_is_waited_for_and_no_row_is_left_for_it() {
    block_on(async {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        fill_tasks(&database, &vec!["bad"; ROWS]).await;
        repair(&database).exits(0);
        database.execute("UPDATE task_state_store SET value = 'bad again'").await;
        let mut reader = database.connect().await;
        reader.execute("BEGIN").await;
        reader.rows("SELECT value FROM task_state_store WHERE id = 1").await;
        let repair = begin(&repairing(&database));
        sleep(Duration::from_secs(10));
        reader.execute("COMMIT").await;
        let report = end(repair).exits(0).json();
        assert_eq!(report["totals"]["rewritten"], ROWS);
        assert_eq!(report["totals"]["skipped"], 0);
    });
}

/// Slow enough to be met in the middle.
const SLOWLY: [&str; 4] = ["--chunk-rows", "10", "--chunk-pause", "500ms"];

#[test]
fn a_row_that_one_sitting_left_and_the_next_mended_is_not_counted_as_left() {
    for engine in SERVERS {
        block_on(async {
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
        });
    }
}

#[test]
fn a_migration_that_begins_during_a_run_has_the_database_to_itself() {
    for engine in SERVERS {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &vec!["bad"; ROWS]).await;
            let slow = begin(&[&repairing(&database)[..], &SLOWLY].concat());
            while database.journaled().await == 0 {
                sleep(Duration::from_millis(20));
            }
            let mut migration = database.connect().await;
            let (lock, unlock) = migration_lock(engine);
            migration.execute(lock).await;
            end(slow).exits(3).says("migrating").says("airflow db migrate");
            assert!(database.journaled().await < ROWS as u64);
            migration.execute(unlock).await;
            let report = repair(&database).exits(0).json();
            assert_eq!(report["totals"]["rewritten"], ROWS);
        });
    }
}

/// How `create_global_lock` of airflow/utils/db.py takes the lock of a migration, and gives it back.
fn migration_lock(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::MySql => ("SELECT GET_LOCK('airflow_MIGRATIONS', 1)", "SELECT RELEASE_LOCK('airflow_MIGRATIONS')"),
        Engine::Postgres => ("SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)"),
        Engine::Sqlite => unreachable!("Airflow takes no lock on SQLite"),
    }
}

#[test]
fn a_deadlock_costs_nobody_a_value() {
    for engine in SERVERS {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &vec!["bad"; ROWS]).await;
            let mut other = database.connect().await;
            other.execute("BEGIN").await;
            other.execute("SELECT value FROM task_state_store WHERE id = 77 FOR UPDATE").await;
            let repair = begin(&repairing(&database));
            let mut watch = database.connect().await;
            while !somebody_waits(&mut watch).await {
                // MariaDB shows the same picture again to whoever asks more often than every 100 ms.
                sleep(Duration::from_millis(150));
            }
            // The repair holds row 1 by now and waits for row 77: whoever the server picks as the victim, tries again.
            let _ = other.try_execute("SELECT value FROM task_state_store WHERE id = 1 FOR UPDATE").await;
            other.execute("ROLLBACK").await;
            let report = end(repair).exits(0).json();
            assert_eq!(report["totals"]["rewritten"], ROWS);
            assert_eq!(report["totals"]["skipped"], 0);
        });
    }
}

#[test]
fn nothing_is_changed_while_airflow_migrates_the_database() {
    for engine in SERVERS {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &["bad"]).await;
            let run = repair(&database).exits(0).json()["run_id"].as_str().expect("a run").to_owned();
            database.execute("UPDATE task_state_store SET value = 'bad again'").await;
            let mut migration = database.connect().await;
            let (lock, unlock) = migration_lock(engine);
            migration.execute(lock).await;
            repair(&database).exits(3).says("migrating").says("airflow db migrate");
            statemend(&["undo", &run, "--yes", "--url", database.url()]).exits(3).says("migrating");
            statemend(&["scan", "--url", database.url()]).exits(10);
            assert_eq!(task_values(&database).await, ["bad again"]);
            migration.execute(unlock).await;
            repair(&database).exits(0);
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

#[track_caller]
fn assert_left(report: &Value, id: u64, reason: &str) {
    assert_eq!(report["outcome"], "partial");
    let left: Vec<_> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|row| row["outcome"] != "rewritten")
        .map(|row| (row["key"].clone(), row["outcome"].clone(), row["reason"].clone()))
        .collect();
    assert_eq!(left, [(json!({ "id": id }), json!("skipped"), json!(reason))]);
}

fn repairing(database: &TestDatabase) -> [&str; 6] {
    ["repair", "--yes", "--url", database.url(), "--format", "json"]
}

fn repair(database: &TestDatabase) -> Ran {
    statemend(&repairing(database))
}
