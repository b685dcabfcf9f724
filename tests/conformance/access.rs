use crate::state::{dump_all, fill_tasks};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase, block_on};

on_every_engine!(
    a_database_without_the_tables_is_told_from_one_that_is_not_there,
    a_table_that_is_missing_is_not_taken_for_clean,
    a_report_that_cannot_be_made_anew_stays,
);

async fn a_database_without_the_tables_is_told_from_one_that_is_not_there(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    for command in ["scan", "runs"] {
        statemend(&[command, "--url", database.url()]).exits(3).says("no table task_state_store").says("hint: ");
    }
    database.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)").await;
    statemend(&["scan", "--url", database.url()]).exits(3).says("airflow db migrate");
}

async fn a_table_that_is_missing_is_not_taken_for_clean(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["1"]).await;
    database.execute("DROP TABLE asset_state_store").await;
    statemend(&["scan", "--url", database.url()]).exits(3).says("no table asset_state_store").says("--table");
    statemend(&["scan", "--table", "task_state_store", "--url", database.url()]).exits(0);
}

async fn a_report_that_cannot_be_made_anew_stays(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    let directory = tempfile::tempdir().expect("a directory");
    let report = directory.path().join("report.json");
    std::fs::write(&report, "yesterday's report").expect("a file");
    statemend(&["scan", "--url", database.url(), "-o", report.to_str().expect("a path")]).exits(3);
    assert_eq!(std::fs::read_to_string(&report).expect("the report"), "yesterday's report");
}

/// What PostgreSQL keeps of the password `hunter2`, with one iteration in place of the 4096 at which a program that was
/// built for tests takes most of a tenth of a second for each connection.
const HUNTER2: &str = "SCRAM-SHA-256$1:c2FsdCBvZiB0aGUgdGVzdA==\
    $8e+xJLbOWTv8ko6T02k32pxEdF17st7SvQswpK+28tg=:pZ+UWRpzO6Du8NtKIj5rSgOTWL9RaoFQYAQwO/0ow6E=";

/// The URL for a new role that has these privileges on every table, and no others.
pub async fn as_role(database: &TestDatabase, privileges: &str) -> String {
    let role = format!("role_{:08x}", fastrand::u32(..));
    let grant = match database.engine {
        Engine::Postgres => {
            let tables = format!("GRANT {privileges} ON ALL TABLES IN SCHEMA public TO {role}");
            let schema = if privileges == "ALL" { "ALL" } else { "USAGE" };
            format!(
                "CREATE ROLE {role} LOGIN PASSWORD '{HUNTER2}'; {tables}; GRANT {schema} ON SCHEMA public TO {role}"
            )
        }
        Engine::MySql => {
            let schema = &database.rows("SELECT DATABASE()").await[0][0];
            let schema = schema.as_deref().expect("a database");
            format!("CREATE USER {role} IDENTIFIED BY 'hunter2'; GRANT {privileges} ON `{schema}`.* TO {role}")
        }
        Engine::Sqlite => unreachable!("SQLite has no roles"),
    };
    database.execute(&grant).await;
    with_credentials(database.url(), &format!("{role}:hunter2"))
}

pub fn with_credentials(url: &str, credentials: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (_, rest) = rest.split_once('@').expect("a user");
    format!("{scheme}://{credentials}@{rest}")
}

#[test]
fn a_server_that_is_not_there_is_told_without_the_password() {
    for url in
        ["postgresql+psycopg2://me:hunter2@127.0.0.1:1/airflow", "mysql+mysqldb://me:hunter2@127.0.0.1:1/airflow"]
    {
        let ran = statemend(&["scan", "--url", url]).exits(3).says("no connection to").says("hint: ");
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
}

#[test]
fn a_file_that_is_not_there_is_not_made() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("airflow.db");
    let url = format!("sqlite:///{}", file.display());
    statemend(&["scan", "--url", &url]).exits(3).says("no database file");
    statemend(&["repair", "--yes", "--url", &url]).exits(3);
    assert!(!file.exists());
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("airflow.db");
    std::fs::write(&file, "certainly not a database, but long enough to look at").expect("a file");
    statemend(&["scan", "--url", &format!("sqlite:///{}", file.display())]).exits(3).says("airflow.db");
}

#[test]
fn a_role_that_may_only_read_can_scan_and_the_statements_it_is_told_let_it_repair() {
    for engine in [Engine::Postgres, Engine::MySql] {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &["bad"]).await;
            let before = dump_all(&database).await;
            let reader = as_role(&database, "SELECT").await;
            statemend(&["scan", "--url", &reader]).exits(10);
            let folder = tempfile::tempdir().expect("a folder");
            let state = folder.path().join("state.jsonl").display().to_string();
            for _ in 0..2 {
                statemend(&["check", "--incremental", "--state", &state, "--url", &reader]).exits(10);
            }
            statemend(&["repair", "--dry-run", "--url", &reader]).exits(10);
            let refused = statemend(&["repair", "--yes", "--url", &reader]).exits(3);
            assert_eq!(dump_all(&database).await, before, "nothing was changed");
            let grants = grants(&refused.stderr);
            database.execute(&grants).await;
            statemend(&["repair", "--yes", "--url", &reader]).exits(0);
        });
    }
}

#[test]
fn a_journal_that_another_role_made_is_opened_by_the_statements_that_are_told() {
    for engine in [Engine::Postgres, Engine::MySql] {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &["bad"]).await;
            let writer = as_role(&database, "SELECT, UPDATE").await;
            let refused = statemend(&["repair", "--yes", "--url", &writer]).exits(3);
            assert!(refused.stderr.contains("CREATE"), "{}", refused.stderr);
            statemend(&["repair", "--yes", "--url", database.url()]).exits(0);
            let refused = statemend(&["repair", "--yes", "--url", &writer]).exits(3);
            database.execute(&grants(&refused.stderr)).await;
            database.execute("UPDATE task_state_store SET value = 'bad again'").await;
            statemend(&["repair", "--yes", "--url", &writer]).exits(0);
        });
    }
}

/// The statements that a message gives.
pub fn grants(message: &str) -> String {
    let grants: Vec<&str> = message.lines().map(str::trim).filter(|line| line.starts_with("GRANT ")).collect();
    assert!(!grants.is_empty(), "no statement in: {message}");
    grants.join("\n")
}
