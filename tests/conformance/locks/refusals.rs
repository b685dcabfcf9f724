//! Triggers and constraints of somebody else: what refuses a row keeps none of the others, and what refuses the journal
//! ends the run.

use super::{ROWS, assert_left, repair, repairing};
use crate::state::{fill_tasks, task_values};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase, block_on};

on_every_engine!(
    a_row_that_the_database_refuses_to_change_is_left_and_told,
    a_journal_that_takes_no_entries_ends_the_run_and_is_no_rows_fault,
);

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
