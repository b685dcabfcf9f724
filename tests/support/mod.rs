//! A database of its own for each test, on every engine.
//!
//! The servers come from `tests/env/with-servers`, which `tests/run` starts; their addresses are in the environment.
//! A test that has started a server of its own has its database there. A database starts with Airflow's tables, as a
//! real `airflow db migrate` makes them, and with the few rows that state rows refer to. It disappears with its
//! [`TestDatabase`], or with its server.
#![allow(dead_code, reason = "every test file uses another part of this")]

use std::env;
use std::thread;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ColumnIndex, Connection as _, Decode, MySqlConnection, PgConnection, Row, SqliteConnection};
use tempfile::TempDir;

/// The DAG runs of dag `example` (1 to 3, with the run ids `first`, `second` and `third`) and the assets (1 to 3)
/// that state rows refer to.
pub const REFERRED: &str = include_str!("referred.sql");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
    MySql,
}

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
    /// Where an SQLite database lives.
    directory: Option<TempDir>,
    /// Its name on the server that all tests share, where it has to be dropped.
    shared: Option<String>,
}

impl TestDatabase {
    /// A database with Airflow's tables and with the rows that state rows refer to.
    pub async fn fresh(engine: Engine) -> Self {
        Self::empty(engine).await.filled().await
    }

    /// As [`TestDatabase::fresh`], on a server of the test's own: the superuser's URL, without a database.
    pub async fn fresh_on(engine: Engine, server: &str) -> Self {
        let url = create(engine, server, &new_name()).await;
        Self { engine, url, directory: None, shared: None }.filled().await
    }

    async fn filled(self) -> Self {
        let mut connection = self.connect().await;
        // One transaction, because SQLite would otherwise sync its file after every statement.
        connection.execute("BEGIN").await;
        connection.execute(self.engine.schema()).await;
        connection.execute(REFERRED).await;
        connection.execute("COMMIT").await;
        self
    }

    /// A database without any table.
    pub async fn empty(engine: Engine) -> Self {
        if engine == Engine::Sqlite {
            let directory = tempfile::tempdir().expect("make a directory for the database");
            let file = directory.path().join("airflow.db");
            std::fs::File::create(&file).expect("make the database file");
            let url = format!("sqlite:///{}", file.display());
            return Self { engine, url, directory: Some(directory), shared: None };
        }
        let name = new_name();
        let url = create(engine, &engine.server(), &name).await;
        Self { engine, url, directory: None, shared: Some(name) }
    }

    /// What a user would give to `--url`: the address as SQLAlchemy writes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same database at another address: through a pooler, or on a replica.
    pub fn at(&self, server: &str) -> Self {
        let (_, name) = self.url.rsplit_once('/').expect("a database");
        Self { engine: self.engine, url: format!("{server}/{name}"), directory: None, shared: None }
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

impl TestDatabase {
    /// How many changes statemend's journal holds; none before there is a journal.
    pub async fn journaled(&self) -> u64 {
        let mut connection = self.connect().await;
        if connection.try_execute("SELECT 1 FROM statemend_change").await.is_err() {
            return 0;
        }
        let rows = connection.rows("SELECT CONCAT(COUNT(*), '') FROM statemend_change").await;
        rows[0][0].as_deref().and_then(|count| count.parse().ok()).expect("a count")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (engine, Some(name)) = (self.engine, &self.shared) else { return };
        let force = if engine == Engine::Postgres { " WITH (FORCE)" } else { "" };
        // A destructor cannot wait for a future of the runtime that it may be running in, so another thread does.
        thread::scope(|scope| {
            scope.spawn(|| {
                block_on(async {
                    administrator(engine, &engine.server())
                        .await
                        .execute(&format!("DROP DATABASE {name}{force}"))
                        .await;
                });
            });
        });
    }
}

fn new_name() -> String {
    format!("test_{:016x}", fastrand::u64(..))
}

/// Makes a database without any table, and gives its URL.
async fn create(engine: Engine, server: &str, name: &str) -> String {
    administrator(engine, server).await.execute(&format!("CREATE DATABASE {name}")).await;
    format!("{server}/{name}")
}

async fn administrator(engine: Engine, server: &str) -> Connection {
    let database = if engine == Engine::Postgres { "/postgres" } else { "" };
    Connection::open(engine, &format!("{server}{database}")).await
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
            Engine::Postgres => {
                // A pooler refuses a setting that sqlx asks for on its own, and gives the nameless another's name.
                let options = url.parse::<PgConnectOptions>().expect("a URL");
                let options = options.extra_float_digits(None).application_name("test");
                PgConnection::connect_with(&options).await.map(Connection::Postgres)
            }
            Engine::MySql => MySqlConnection::connect(&url).await.map(Connection::MySql),
        };
        opened.unwrap_or_else(|error| panic!("cannot connect to the {engine:?} test database: {error}"))
    }

    pub const fn engine(&self) -> Engine {
        match self {
            Connection::Sqlite(_) => Engine::Sqlite,
            Connection::Postgres(_) => Engine::Postgres,
            Connection::MySql(_) => Engine::MySql,
        }
    }

    pub async fn execute(&mut self, sql: &str) {
        let executed = self.try_execute(sql).await;
        executed.unwrap_or_else(|error| panic!("{error}\nin: {}", shortened(sql)));
    }

    /// The same, for statements that may fail.
    pub async fn try_execute(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let statements = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Connection::Sqlite(connection) => statements.execute(connection).await.map(drop),
            Connection::Postgres(connection) => statements.execute(connection).await.map(drop),
            Connection::MySql(connection) => statements.execute(connection).await.map(drop),
        }
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
