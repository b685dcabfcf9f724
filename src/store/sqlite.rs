//! The SQLite driver.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, ConnectOptions as _, Executor as _, Row as _, TypeInfo as _, ValueRef as _};

use super::connection::{Access, Cells, Driver, EachCells};
use super::error::{failed, unreachable};
use super::location::{Host, Location};
use super::statement::{Param, Statement};
use crate::domain::judge::Stored;
use crate::engine::store::{StoreError, Trouble};

pub(super) async fn connect(location: &Location, access: Access) -> Result<SqliteConnection, StoreError> {
    let Host::File(path) = &location.host else { unreachable!("a SQLite location is a file") };
    if !path.is_file() {
        let what = format!("there is no database file {}", path.display());
        return Err(StoreError::new(Trouble::Unreachable, what).hint(
            "check the path: sqlite:/// and then the path, an absolute one with its own slash; nothing is created",
        ));
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .read_only(access == Access::Read)
        .busy_timeout(Duration::from_secs(1))
        .disable_statement_logging();
    let what = || format!("the database file {} cannot be opened", path.display());
    let mut connection = options.connect().await.map_err(|error| unreachable(what(), error))?;
    // Opening reads nothing; the first look into the file tells whether it is a database at all.
    let encoding: String = sqlx::query_scalar("PRAGMA encoding")
        .fetch_one(&mut connection)
        .await
        .map_err(|error| unreachable(what(), error))?;
    if encoding == "UTF-8" {
        Ok(connection)
    } else {
        let what = format!("the database file {} stores text as {encoding}", path.display());
        Err(StoreError::new(Trouble::Unreachable, what).hint("only UTF-8 databases, as Airflow makes them, are known"))
    }
}

pub(super) fn begin(access: Access) -> &'static str {
    match access {
        Access::Read => "BEGIN",
        Access::Write => "BEGIN IMMEDIATE",
    }
}

fn arguments(params: &[Param<'_>]) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    for param in params {
        match param {
            Param::Integer(integer) => arguments.add(integer),
            Param::Text(text) => arguments.add(text),
            Param::Integers(_) | Param::Texts(_) => unreachable!("SQLite has no arrays, and its SQL asks for none"),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

impl Driver for SqliteConnection {
    async fn run(&mut self, statement: Statement<'_>) -> Result<u64, sqlx::Error> {
        let arguments = arguments(&statement.params)?;
        let query = sqlx::query_with(AssertSqlSafe(statement.text), arguments).persistent(statement.recurs);
        Ok(self.execute(query).await?.rows_affected())
    }

    async fn query(&mut self, statement: Statement<'_>, each: &mut EachCells<'_>) -> Result<(), StoreError> {
        let read = |error| failed("rows could not be read", error);
        let arguments = arguments(&statement.params).map_err(read)?;
        let query = sqlx::query_with(AssertSqlSafe(statement.text), arguments).persistent(statement.recurs);
        let mut rows = self.fetch(query);
        while let Some(row) = rows.try_next().await.map_err(read)? {
            each(&row)?;
        }
        Ok(())
    }
}

impl Cells for SqliteRow {
    fn integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        self.try_get_unchecked(index)
    }

    fn text(&self, index: usize) -> Result<Option<&str>, sqlx::Error> {
        self.try_get_unchecked(index)
    }

    fn value(&self, index: usize) -> Result<Stored<'_>, sqlx::Error> {
        let is_blob = self.try_get_raw(index)?.type_info().name() == "BLOB";
        let bytes = self.try_get_unchecked(index)?;
        Ok(if is_blob { Stored::Blob(bytes) } else { Stored::Text(bytes) })
    }
}
