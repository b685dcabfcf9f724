//! While Airflow migrates a database, nobody changes it.

use std::thread::sleep;
use std::time::Duration;

use super::{ROWS, SLOWLY, repair, repairing};
use crate::server::Server;
use crate::state::{fill_tasks, task_values};
use crate::statemend::{begin, end, statemend};
use crate::support::{Engine, TestDatabase};

on_both_servers!(
    a_migration_that_begins_during_a_run_has_the_database_to_itself,
    nothing_is_changed_while_airflow_migrates_the_database,
);

/// A database that can be migrated without any other test hearing of it: the lock of a migration is one of the database
/// on PostgreSQL, and one of the whole server on MariaDB.
async fn alone(engine: Engine) -> (Option<Server>, TestDatabase) {
    if engine == Engine::Postgres {
        return (None, TestDatabase::fresh(engine).await);
    }
    let server = Server::start(&["mariadb"]);
    let database = TestDatabase::fresh_on(engine, server.url()).await;
    (Some(server), database)
}

async fn a_migration_that_begins_during_a_run_has_the_database_to_itself(engine: Engine) {
    let (_server, database) = alone(engine).await;
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
}

async fn nothing_is_changed_while_airflow_migrates_the_database(engine: Engine) {
    let (_server, database) = alone(engine).await;
    fill_tasks(&database, &["bad"]).await;
    let run = repair(&database).exits(0).run();
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
}

/// How `create_global_lock` of airflow/utils/db.py takes the lock of a migration, and gives it back.
fn migration_lock(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::MySql => ("SELECT GET_LOCK('airflow_MIGRATIONS', 1)", "SELECT RELEASE_LOCK('airflow_MIGRATIONS')"),
        Engine::Postgres => ("SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)"),
        Engine::Sqlite => unreachable!("Airflow takes no lock on SQLite"),
    }
}
