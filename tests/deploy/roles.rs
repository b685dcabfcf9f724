//! The roles of a check: what they let it do, and what they do not.

use std::fs;
use std::path::Path;

use crate::statemend::statemend;
use crate::support::{Connection, Engine, TestDatabase};

on_both_servers!(
    the_role_of_a_check_reads_the_state_and_nothing_else,
    the_role_of_a_repair_mends_the_state_and_does_nothing_else,
    each_command_is_content_with_what_the_page_on_security_says,
);

const STATE: [&str; 3] = ["task_state_store", "asset_state_store", "alembic_version"];
const JOURNAL: [&str; 3] = ["statemend_run", "statemend_change", "statemend_migration"];

/// What the role must not be able to do.
const FORBIDDEN: [&str; 8] = [
    "UPDATE asset_state_store SET value = '1'",
    "DELETE FROM task_state_store",
    "INSERT INTO alembic_version VALUES ('x')",
    "SELECT * FROM dag_run",
    "SELECT * FROM asset",
    "CREATE TABLE statemend_run (id int)",
    "DROP TABLE asset_state_store",
    "TRUNCATE TABLE asset_state_store",
];

async fn the_role_of_a_check_reads_the_state_and_nothing_else(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    database
        .execute("INSERT INTO asset_state_store VALUES (1, 'a', 'raw', '2026-05-04', NULL, NULL, NULL, NULL, -1)")
        .await;
    let url = with_role(&database, For::Check).await;
    let url = url.as_str();
    let report = statemend(&["scan", "--format", "json", "--url", url]).exits(10).json();
    assert_eq!(report.get("assets"), None, "it does not know what assets are called");
    let scan = statemend(&["scan", "--url", url]).exits(10);
    assert!(scan.stdout.contains("asset 1 · a"), "{}", scan.stdout);
    statemend(&["repair", "--dry-run", "--url", url]).exits(10);
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("check.json");
    statemend(&["check", "--state", state.to_str().expect("a path"), "--url", url]).exits(10);
    statemend(&["repair", "--yes", "--url", url]).exits(3);
    let mut role = Connection::open(engine, url).await;
    for statement in FORBIDDEN {
        assert!(role.try_execute(statement).await.is_err(), "{statement}");
    }
    if engine == Engine::Postgres {
        // The setting of the role is a second lock, which whoever has the role can open. The first one holds.
        role.execute("SET default_transaction_read_only = off").await;
        for statement in FORBIDDEN {
            assert!(role.try_execute(statement).await.is_err(), "{statement}");
        }
    }
    let values = database.rows("SELECT value FROM asset_state_store").await;
    assert_eq!(values, [[Some("raw".to_owned())]]);
}

async fn the_role_of_a_repair_mends_the_state_and_does_nothing_else(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    bad_row(&database).await;
    let url = with_role(&database, For::Repair).await;
    for shard in ["1/2", "2/2"] {
        statemend(&["repair", "--yes", "--shard", shard, "--url", &url]).exits(0);
    }
    statemend(&["scan", "--url", &url]).exits(0);
    let runs = statemend(&["runs", "--format", "json", "--url", &url]).exits(0).json();
    let run = runs["runs"][1]["run_id"].as_str().expect("a run");
    statemend(&["undo", run, "--yes", "--url", &url]).exits(0);
    statemend(&["runs", "--purge-older-than", "0s", "--yes", "--url", &url]).exits(0);
    let mut role = Connection::open(engine, &url).await;
    for statement in FORBIDDEN.iter().filter(|sql| !sql.starts_with("UPDATE")) {
        assert!(role.try_execute(statement).await.is_err(), "{statement}");
    }
    let values = database.rows("SELECT value FROM asset_state_store").await;
    assert_eq!(values, [[Some("raw".to_owned())]]);
}

async fn each_command_is_content_with_what_the_page_on_security_says(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    bad_row(&database).await;
    let folder = tempfile::tempdir().expect("a folder");
    let plan = folder.path().join("plan.jsonl");
    let plan = plan.to_str().expect("a path");

    let reader = role(&database, "SELECT", None).await;
    let reader = reader.as_str();
    statemend(&["scan", "--plan-out", plan, "--url", reader]).exits(10);
    statemend(&["repair", "--dry-run", "--url", reader]).exits(10);
    statemend(&["rules", "suggest", "--url", reader]).exits(0);

    let first = role(&database, "SELECT, UPDATE", Some("CREATE")).await;
    let report = statemend(&["repair", "--yes", "--format", "json", "--url", &first]).exits(0).json();
    let run = report["run_id"].as_str().expect("a run");
    statemend(&["runs", "--url", &role(&database, "SELECT", Some("SELECT")).await]).exits(0);
    let mender = role(&database, "SELECT, UPDATE", Some("SELECT, INSERT, UPDATE")).await;
    statemend(&["undo", run, "--yes", "--url", &mender]).exits(0);
    statemend(&["repair", "--yes", "--url", &mender]).exits(0);
    let purger = role(&database, "SELECT", Some("SELECT, UPDATE, DELETE")).await;
    statemend(&["runs", "--purge-older-than", "0s", "--yes", "--url", &purger]).exits(0);
    assert_eq!(database.journaled().await, 0);
}

async fn bad_row(database: &TestDatabase) {
    let row = "(1, 'a', 'raw', '2026-05-04', NULL, NULL, NULL, NULL, -1)";
    database.execute(&format!("INSERT INTO asset_state_store VALUES {row}")).await;
}

/// The URL with a new role that has these privileges on the tables of the state and of the journal, and no others.
/// CREATE stands for what it takes to make the journal.
async fn role(database: &TestDatabase, on_state: &str, on_journal: Option<&str>) -> String {
    let role = format!("role_{:08x}", fastrand::u32(..));
    let mut connection = database.connect().await;
    let create = match database.engine {
        Engine::Postgres => format!("CREATE ROLE {role} LOGIN PASSWORD 'hunter2'"),
        Engine::MySql => format!("CREATE USER {role} IDENTIFIED BY 'hunter2'"),
        Engine::Sqlite => unreachable!("SQLite has no roles"),
    };
    connection.execute(&create).await;
    let on_tables = STATE.iter().map(|table| (on_state, *table));
    let grants: Vec<(&str, &str)> = match on_journal {
        Some("CREATE") if database.engine == Engine::Postgres => {
            on_tables.chain([("CREATE", "SCHEMA public")]).collect()
        }
        // Whoever makes a table there may not use it for that.
        Some("CREATE") => {
            on_tables.chain(JOURNAL.map(|table| ("CREATE, SELECT, INSERT, UPDATE, DELETE", table))).collect()
        }
        Some(on_journal) => on_tables.chain(JOURNAL.map(|table| (on_journal, table))).collect(),
        None => on_tables.collect(),
    };
    for (privileges, on) in grants {
        connection.execute(&format!("GRANT {privileges} ON {on} TO {role}")).await;
    }
    as_role(database, &format!("{role}:hunter2"))
}

/// What a role of deploy/sql/ is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    Check,
    Repair,
}

/// Makes such a role in this database, under a name that no other test has, and gives the URL with it.
pub async fn with_role(database: &TestDatabase, what: For) -> String {
    let (file, name) = match (database.engine, what) {
        (Engine::Postgres, For::Check) => ("postgresql.sql", "SELECT current_database()"),
        (Engine::Postgres, For::Repair) => ("postgresql-repair.sql", "SELECT current_database()"),
        (Engine::MySql, For::Check) => ("mysql.sql", "SELECT DATABASE()"),
        (Engine::MySql, For::Repair) => ("mysql-repair.sql", "SELECT DATABASE()"),
        (Engine::Sqlite, _) => unreachable!("SQLite has no roles"),
    };
    let name = database.rows(name).await[0][0].clone().expect("a database");
    let (named, role) = match what {
        For::Check => ("statemend_check", format!("check_{name}")),
        For::Repair => ("statemend_repair", format!("repair_{name}")),
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/sql").join(file);
    let sql = fs::read_to_string(path).expect("the statements");
    let sql = sql.replace(named, &role).replace("DATABASE airflow", &format!("DATABASE {name}"));
    database.execute(&sql.replace("ON airflow.", &format!("ON {name}."))).await;
    as_role(database, &format!("{role}:change-me"))
}

/// The URL with these credentials.
fn as_role(database: &TestDatabase, credentials: &str) -> String {
    let (scheme, rest) = database.url().split_once("://").expect("a URL");
    let (_, rest) = rest.split_once('@').expect("a user");
    format!("{scheme}://{credentials}@{rest}")
}
