//! A scan cannot write, by the word of the servers: their logs tell of every statement, and in which transaction it
//! stood.

use std::collections::HashSet;

use crate::state::{KINDS, dump_all, fill_tasks};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};
use crate::{Role, plain};

on_both_servers!(a_scan_reads_in_transactions_that_only_read);

async fn a_scan_reads_in_transactions_that_only_read(engine: Engine) {
    let database = TestDatabase::fresh_on(engine, plain(engine).url()).await;
    fill_tasks(&database, &KINDS.iter().map(|(_, value, _)| *value).collect::<Vec<_>>()).await;
    let before = dump_all(&database).await;
    let reader = Role::with("SELECT", &database).await;
    log_statements_of(&reader, &database).await;
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.jsonl");
    let check = ["check", "--state", state.to_str().expect("a path that is text")];
    // The second check looks rows up that the first has found.
    for command in [&["scan"][..], &["repair", "--dry-run"], &check, &[&check[..], &["--incremental"]].concat()] {
        statemend(&[command, &["--url", &reader.at(&database)]].concat()).exits(10);
    }
    let logged = logged_statements_of(&reader, &database).await;
    assert!(logged.iter().any(|logged| logged.text.contains("task_state_store")), "{logged:?}");
    assert_only_reads(engine, &logged);
    assert_eq!(dump_all(&database).await, before);
}

#[derive(Debug)]
struct Logged {
    session: String,
    text: String,
}

fn assert_only_reads(engine: Engine, logged: &[Logged]) {
    let mut reading = HashSet::new();
    for Logged { session, text } in logged {
        match text.as_str() {
            text if text.starts_with("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")
                || text == "START TRANSACTION READ ONLY" =>
            {
                assert!(reading.insert(session), "{logged:?}");
            }
            "COMMIT" | "ROLLBACK" => assert!(reading.remove(session), "{logged:?}"),
            // In MySQL a session is set up before its first transaction.
            text if engine == Engine::MySql && text.starts_with("SET ") => {}
            text => assert!(reading.contains(session), "not in a transaction that only reads: {text}"),
        }
    }
}

async fn log_statements_of(role: &Role, database: &TestDatabase) {
    let log = match database.engine {
        Engine::Postgres => format!("ALTER ROLE {} SET log_statement = 'all'", role.name),
        _ => "SET GLOBAL log_output = 'TABLE', GLOBAL general_log = ON".to_owned(),
    };
    database.execute(&log).await;
}

/// What the server executed for a role whose statements it logs.
async fn logged_statements_of(role: &Role, database: &TestDatabase) -> Vec<Logged> {
    if database.engine == Engine::Postgres {
        let log = std::fs::read_to_string(plain(Engine::Postgres).told("log")).expect("the server's log");
        return log.lines().filter_map(postgres_statement).collect();
    }
    let log = format!(
        "SELECT CAST(thread_id AS CHAR), CONVERT(argument USING utf8mb4) FROM mysql.general_log \
         WHERE command_type IN ('Query', 'Execute') AND user_host LIKE '{}[%'",
        role.name
    );
    let rows = database.rows(&log).await.into_iter();
    rows.map(|mut row| Logged { text: row.remove(1).expect("text"), session: row.remove(0).expect("text") }).collect()
}

/// Reads `2026-11-22 18:00:00.000 UTC [4711] LOG:  statement: COMMIT`, and `execute <unnamed>:` for one with
/// parameters. The further lines of a statement are not needed.
fn postgres_statement(line: &str) -> Option<Logged> {
    let (prefix, logged) = line.split_once(" LOG:  ")?;
    let (how, text) = logged.split_once(": ")?;
    let (_, session) = prefix.rsplit_once(' ')?;
    let executed = how == "statement" || how.starts_with("execute ");
    executed.then(|| Logged { session: session.to_owned(), text: text.to_owned() })
}
