//! Reading a SQLite file in place.
//!
//! sqlx runs SQLite on a thread of its own and hands every row over to ours, which costs ten times what it takes to
//! judge the row. So what only reads goes through rusqlite, which shows the values where they lie. Both speak to the
//! one SQLite library that is linked, so they know of each other's locks.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, Row, Transaction, params_from_iter};
use sqlx::error::{DatabaseError, ErrorKind};

use super::super::driver::{Cells, EachCells};
use super::super::error::failed;
use super::super::statement::{Param, Statement};
use super::check_key;
use crate::domain::judge::Stored;
use crate::domain::target::ColumnType;
use crate::engine::store::StoreError;

/// Opens a file that is there, and says how it encodes text.
pub(super) fn open(path: &Path, patience: Duration) -> Result<(Connection, String), sqlx::Error> {
    // Whoever has a connection has it alone, so SQLite need not see to that.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(said)?;
    connection.busy_timeout(patience).map_err(said)?;
    // Opening reads nothing; the first look into the file tells whether it is a database at all.
    let encoding = connection.query_row("PRAGMA encoding", [], |row| row.get(0)).map_err(said)?;
    Ok((connection, encoding))
}

/// What SQLite says of a change to a file that was opened to be read.
pub(in super::super) fn read_only() -> sqlx::Error {
    let message = "attempt to write a readonly database".to_owned();
    sqlx::Error::Database(Box::new(Said { code: rusqlite::ffi::SQLITE_READONLY, message }))
}

/// Begins a transaction. It sees the file as it is at its first query, whatever is written meanwhile.
pub(in super::super) fn begin(connection: &mut Connection) -> Result<Transaction<'_>, sqlx::Error> {
    connection.transaction().map_err(said)
}

/// Ends a transaction. Nothing was changed, so there is nothing to keep or to undo.
pub(in super::super) fn end(transaction: Transaction<'_>) -> Result<(), sqlx::Error> {
    transaction.finish().map_err(said)
}

/// Runs a query and hands over its rows. `what` fails, should it fail.
pub(in super::super) fn query(
    transaction: &Transaction<'_>,
    what: &str,
    statement: &Statement<'_>,
    each: &mut EachCells<'_>,
) -> Result<(), StoreError> {
    let failed = |error| failed(what, said(error));
    let mut prepared = transaction.prepare_cached(&statement.text).map_err(failed)?;
    let mut rows = prepared.query(params_from_iter(&statement.params)).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        each(&RowInPlace { row, transaction, number: OnceCell::new() })?;
    }
    Ok(())
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Integer(integer) => (*integer).into(),
            Self::Text(text) => ToSqlOutput::Borrowed((*text).into()),
            Self::Null => rusqlite::types::Null.into(),
            Self::Integers(_) | Self::Texts(_) => {
                unreachable!("SQLite has no arrays, and its SQL asks for none")
            }
        })
    }
}

/// A row that is read in its place. SQLite keeps it until the next one is asked for.
struct RowInPlace<'r> {
    row: &'r Row<'r>,
    transaction: &'r Transaction<'r>,
    /// The value as text, where it is stored as a number. Of a row one cell is asked for as a value, so this is its text.
    number: OnceCell<String>,
}

impl RowInPlace<'_> {
    fn cell(&self, index: usize) -> Result<ValueRef<'_>, sqlx::Error> {
        self.row.get_ref(index).map_err(said)
    }

    /// A number as SQLite itself writes it. A column whose declared type is not one for text may hold some.
    fn written(&self, number: ValueRef<'_>) -> Result<&str, sqlx::Error> {
        if let Some(text) = self.number.get() {
            return Ok(text);
        }
        let write = "SELECT CAST(? AS TEXT)";
        let text = self.transaction.query_row(write, [ToSqlOutput::Borrowed(number)], |row| row.get(0));
        let text = text.map_err(said)?;
        Ok(self.number.get_or_init(|| text))
    }
}

impl Cells for RowInPlace<'_> {
    fn insist(&self, index: usize, wanted: ColumnType) -> Result<(), sqlx::Error> {
        check_key(wanted, type_name(self.cell(index)?))
    }

    fn integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        match self.cell(index)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(integer) => Ok(Some(integer)),
            ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => Err(mismatch("integer")),
        }
    }

    fn text(&self, index: usize) -> Result<Option<&str>, sqlx::Error> {
        match self.cell(index)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                str::from_utf8(bytes).map(Some).map_err(|error| sqlx::Error::Decode(error.into()))
            }
            ValueRef::Integer(_) | ValueRef::Real(_) => Err(mismatch("text")),
        }
    }

    fn value(&self, index: usize) -> Result<Stored<'_>, sqlx::Error> {
        Ok(match self.cell(index)? {
            ValueRef::Text(bytes) => Stored::Text(bytes),
            ValueRef::Blob(bytes) => Stored::Blob(bytes),
            ValueRef::Null => Stored::Text(b""),
            number @ (ValueRef::Integer(_) | ValueRef::Real(_)) => Stored::Text(self.written(number)?.as_bytes()),
        })
    }
}

/// The type of what a cell holds, in sqlx's words.
const fn type_name(cell: ValueRef<'_>) -> &'static str {
    match cell {
        ValueRef::Null => "NULL",
        ValueRef::Integer(_) => "INTEGER",
        ValueRef::Real(_) => "REAL",
        ValueRef::Text(_) => "TEXT",
        ValueRef::Blob(_) => "BLOB",
    }
}

fn mismatch(wanted: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("the file holds something else where {wanted} was expected").into())
}

/// What SQLite said, in the form in which sqlx passes on what it hears itself.
fn said(error: rusqlite::Error) -> sqlx::Error {
    match error.sqlite_error() {
        Some(failure) => {
            sqlx::Error::Database(Box::new(Said { code: failure.extended_code, message: error.to_string() }))
        }
        None => sqlx::Error::Decode(error.into()),
    }
}

/// An error of SQLite's.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(in super::super) struct Said {
    code: i32,
    message: String,
}

impl DatabaseError for Said {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Connection as _;

    use super::*;

    /// What can stand in a column, as SQL; texts that are none among them.
    const CELLS: [&str; 14] = [
        "NULL",
        "''",
        "'{\"a\": 1}'",
        "'läuft 🦀'",
        "x''",
        "x'7b7d'",
        "x'ff00fe'",
        "CAST(x'ff00fe' AS TEXT)",
        "CAST(x'612062006300' AS TEXT)",
        "0",
        "-9223372036854775808",
        "2.5",
        "1e999",
        "0.1 + 0.2",
    ];

    /// A value as it was read, by whichever of the two libraries.
    fn kept(cells: &dyn Cells) -> (bool, Vec<u8>) {
        let value = cells.value(0).expect("every cell can be read");
        (matches!(value, Stored::Blob(_)), value.bytes().to_owned())
    }

    #[test]
    fn both_libraries_read_the_same_whatever_a_column_holds() {
        let rows = CELLS.map(|cell| format!("INSERT INTO cells VALUES ({cell})")).join(";");
        let script = format!("CREATE TABLE cells (cell ANY); {rows}");
        let query = "SELECT cell FROM cells ORDER BY rowid";

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let theirs: Vec<_> = runtime.block_on(async {
            let mut connection = sqlx::SqliteConnection::connect("sqlite::memory:").await.expect("a file in memory");
            let made = sqlx::raw_sql(sqlx::AssertSqlSafe(&*script)).execute(&mut connection).await;
            made.expect("what SQLite takes");
            let rows = sqlx::query(query).fetch_all(&mut connection).await.expect("rows");
            rows.iter().map(|row| kept(row)).collect()
        });
        let (mut ours, mut connection) = (Vec::new(), Connection::open_in_memory().expect("a file in memory"));
        connection.execute_batch(&script).expect("what SQLite takes");
        let statement = Statement { text: query.to_owned(), params: Vec::new() };
        let mut keep = |cells: &dyn Cells| {
            ours.push(kept(cells));
            Ok(())
        };
        super::query(&begin(&mut connection).expect("a transaction"), "", &statement, &mut keep).expect("rows");
        assert_eq!(ours.len(), CELLS.len());
        for ((cell, ours), theirs) in CELLS.iter().zip(ours).zip(theirs) {
            assert_eq!(ours, theirs, "{cell}");
        }
    }
}
