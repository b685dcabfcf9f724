//! A database of its own for each test, on every engine.
//!
//! The servers come from `tests/env/with-servers`, which `tests/run` starts; their addresses are in the environment.
//! A database starts with Airflow's tables, as a real `airflow db migrate` makes them, and with the few rows that
//! state rows refer to. It disappears with its [`TestDatabase`].
#![allow(dead_code, reason = "every test file uses another part of this")]

use std::env;
use std::thread;

use sqlx::{AssertSqlSafe, ColumnIndex, Connection as _, Decode, MySqlConnection, PgConnection, Row, SqliteConnection};
use tempfile::TempDir;

/// The DAG runs of dag `example` (1 to 3, with the run ids `first`, `second` and `third`) and the assets (1 to 3)
/// that state rows refer to.
const REFERRED: &str = include_str!("referred.sql");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
    MySql,
}

pub const ENGINES: [Engine; 3] = [Engine::Sqlite, Engine::Postgres, Engine::MySql];

impl Engine {
    /// Airflow's tables, as statements of this engine.
    pub fn schema(self) -> &'static str {
        match self {
            Engine::Sqlite => include_str!("../../fixtures/airflow/3.3.2/sqlite.sql"),
            Engine::Postgres => include_str!("../../fixtures/airflow/3.3.2/postgresql.sql"),
            Engine::MySql => include_str!("../../fixtures/airflow/3.3.2/mysql.sql"),
        }
    }

    /// `text` as a literal of this engine's SQL.
    pub fn literal(self, text: &str) -> String {
        let text = text.replace('\'', "''");
        match self {
            Engine::MySql => format!("'{}'", text.replace('\\', "\\\\")),
            Engine::Sqlite | Engine::Postgres => format!("'{text}'"),
        }
    }

    /// The address of the server, without a database.
    fn server(self) -> String {
        let variable = match self {
            Engine::Sqlite => unreachable!("SQLite has no server"),
            Engine::Postgres => "STATEMEND_TEST_POSTGRES",
            Engine::MySql => "STATEMEND_TEST_MYSQL",
        };
        env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set; run tests/run"))
    }
}

/// Runs a test's future to its end, on the thread of the test.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(future)
}

pub struct TestDatabase {
    pub engine: Engine,
    url: String,
    name: String,
    /// Where an SQLite database lives.
    directory: Option<TempDir>,
}

impl TestDatabase {
    /// A database with Airflow's tables and with the rows that state rows refer to.
    pub async fn fresh(engine: Engine) -> Self {
        let database = Self::empty(engine).await;
        let mut connection = database.connect().await;
        // One transaction, because SQLite would otherwise sync its file after every statement.
        connection.execute("BEGIN").await;
        connection.execute(engine.schema()).await;
        connection.execute(REFERRED).await;
        connection.execute("COMMIT").await;
        database
    }

    /// A database without any table.
    pub async fn empty(engine: Engine) -> Self {
        let name = format!("test_{:016x}", fastrand::u64(..));
        if engine == Engine::Sqlite {
            let directory = tempfile::tempdir().expect("make a directory for the database");
            let file = directory.path().join("airflow.db");
            std::fs::File::create(&file).expect("make the database file");
            let url = format!("sqlite:///{}", file.display());
            return Self { engine, url, name, directory: Some(directory) };
        }
        let server = engine.server();
        administrator(engine).await.execute(&format!("CREATE DATABASE {name}")).await;
        Self { engine, url: format!("{server}/{name}"), name, directory: None }
    }

    /// What a user would give to `--url`: the address as SQLAlchemy writes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn connect(&self) -> Connection {
        Connection::open(self.engine, &self.url).await
    }

    /// Runs statements, separated by semicolons.
    pub async fn execute(&self, sql: &str) {
        self.connect().await.execute(sql).await;
    }

    /// The rows that a query gives, each value in the engine's own text form.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        self.connect().await.rows(sql).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (engine, name) = (self.engine, &self.name);
        let force = match engine {
            Engine::Sqlite => return,
            Engine::Postgres => " WITH (FORCE)",
            Engine::MySql => "",
        };
        // A destructor cannot wait for a future of the runtime that it may be running in, so another thread does.
        thread::scope(|scope| {
            scope.spawn(|| {
                block_on(async {
                    administrator(engine).await.execute(&format!("DROP DATABASE {name}{force}")).await;
                });
            });
        });
    }
}

async fn administrator(engine: Engine) -> Connection {
    let database = if engine == Engine::Postgres { "/postgres" } else { "" };
    Connection::open(engine, &format!("{}{database}", engine.server())).await
}

/// A connection to one of the engines. Failing statements panic: a test has no use for the error.
pub enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
    MySql(MySqlConnection),
}

impl Connection {
    /// Opens the database that SQLAlchemy would open at this address.
    pub async fn open(engine: Engine, url: &str) -> Self {
        let url = without_driver(url);
        let opened = match engine {
            Engine::Sqlite => SqliteConnection::connect(&url).await.map(Connection::Sqlite),
            Engine::Postgres => PgConnection::connect(&url).await.map(Connection::Postgres),
            Engine::MySql => MySqlConnection::connect(&url).await.map(Connection::MySql),
        };
        opened.unwrap_or_else(|error| panic!("cannot connect to the {engine:?} test database: {error}"))
    }

    pub async fn execute(&mut self, sql: &str) {
        let statements = sqlx::raw_sql(AssertSqlSafe(sql));
        let executed = match self {
            Connection::Sqlite(connection) => statements.execute(connection).await.map(drop),
            Connection::Postgres(connection) => statements.execute(connection).await.map(drop),
            Connection::MySql(connection) => statements.execute(connection).await.map(drop),
        };
        executed.unwrap_or_else(|error| panic!("{error}\nin: {}", shortened(sql)));
    }

    /// The rows that a query gives, each value in the engine's own text form.
    pub async fn rows(&mut self, sql: &str) -> Vec<Vec<Option<String>>> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql));
        let fetched = match self {
            Connection::Sqlite(connection) => query.fetch_all(connection).await.map(texts),
            Connection::Postgres(connection) => query.fetch_all(connection).await.map(texts),
            Connection::MySql(connection) => query.fetch_all(connection).await.map(texts),
        };
        fetched.unwrap_or_else(|error| panic!("{error}\nin: {}", shortened(sql)))
    }
}

fn texts<R>(rows: Vec<R>) -> Vec<Vec<Option<String>>>
where
    R: Row,
    usize: ColumnIndex<R>,
    for<'r> Option<String>: Decode<'r, R::Database>,
{
    let text = |row: &R, column| row.try_get_unchecked(column).expect("text");
    rows.iter().map(|row| (0..row.len()).map(|column| text(row, column)).collect()).collect()
}

/// SQLAlchemy's address in the form that sqlx takes.
fn without_driver(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (dialect, _driver) = scheme.split_once('+').unwrap_or((scheme, ""));
    // SQLAlchemy writes the absolute path after a third slash, sqlx takes what follows the second one.
    let rest = if dialect == "sqlite" { &rest[1..] } else { rest };
    format!("{dialect}://{rest}")
}

/// Values in tests are up to megabytes long.
fn shortened(sql: &str) -> String {
    sql.chars().take(300).collect()
}
