//! The SQLite driver.

use std::time::Duration;

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, ConnectOptions as _, Row as _, Sqlite, TypeInfo as _, ValueRef as _};

use super::driver::{Access, Cells, Driver};
use super::error::unreachable;
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

impl Driver for Sqlite {
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

    fn keeps(statement: &Statement<'_>) -> bool {
        statement.recurs
    }

    fn matched(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
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
