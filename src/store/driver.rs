//! What sets one driver apart from another, and the two things that are done with all of them: running a statement,
//! and handing over the rows of a query.

use futures_util::TryStreamExt as _;
use sqlx::database::HasStatementCache;
use sqlx::{AssertSqlSafe, Database, Executor, IntoArguments};

use super::error::failed;
use super::statement::{Param, Statement};
use crate::domain::judge::Stored;
use crate::domain::target::ColumnType;
use crate::engine::store::StoreError;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading. Every transaction says so to the server, and a file is opened that way.
    Read,
    /// Reading and writing.
    Write,
}

/// The columns of one row, in the order of the statement.
pub(super) trait Cells {
    fn integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error>;
    fn text(&self, index: usize) -> Result<Option<&str>, sqlx::Error>;
    /// A text that outlives its row.
    fn owned(&self, index: usize) -> Result<Option<String>, sqlx::Error> {
        Ok(self.text(index)?.map(str::to_owned))
    }
    /// Whether the answer to a question is yes.
    fn says_yes(&self, index: usize) -> Result<bool, sqlx::Error> {
        Ok(self.integer(index)? == Some(1))
    }
    /// A value as it is stored, text or not.
    fn value(&self, index: usize) -> Result<Stored<'_>, sqlx::Error>;
    /// Insists that a cell holds a key as it is known here. SQLite lets a column hold anything, whatever its type says, and
    /// MySQL has integers that need 64 bits without a sign; both then give out something else: a key that no row has.
    fn insist(&self, _index: usize, _wanted: ColumnType) -> Result<(), sqlx::Error> {
        Ok(())
    }
}

/// Takes the rows of an answer one by one.
pub(super) type EachCells<'a> = dyn FnMut(&dyn Cells) -> Result<(), StoreError> + 'a;

/// What is a driver's own. It knows nothing of the work.
pub(super) trait Driver: Database + HasStatementCache {
    /// Whether statements stay prepared in the session, known by their text.
    const KEEPS_STATEMENTS: bool;

    /// Binds parameters in the driver's types.
    fn arguments(params: &[Param<'_>]) -> Result<Self::Arguments, sqlx::Error>;

    /// How many rows a statement matched.
    fn matched(result: &Self::QueryResult) -> u64;
}

/// Runs a statement and says how many rows it matched.
pub(super) async fn run<D>(connection: &mut D::Connection, statement: Statement<'_>) -> Result<u64, sqlx::Error>
where
    D: Driver<Arguments: IntoArguments<D>>,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    let query = sqlx::query_with(AssertSqlSafe(statement.text), D::arguments(&statement.params)?)
        .persistent(D::KEEPS_STATEMENTS);
    Ok(D::matched(&connection.execute(query).await?))
}

/// Runs a query and hands over its rows as they arrive. `what` fails, should it fail.
pub(super) async fn query<D>(
    connection: &mut D::Connection,
    what: &str,
    statement: Statement<'_>,
    each: &mut EachCells<'_>,
) -> Result<(), StoreError>
where
    D: Driver<Row: Cells, Arguments: IntoArguments<D>>,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    let read = |error| failed(what, error);
    let arguments = D::arguments(&statement.params).map_err(read)?;
    let mut rows =
        connection.fetch(sqlx::query_with(AssertSqlSafe(statement.text), arguments).persistent(D::KEEPS_STATEMENTS));
    while let Some(row) = rows.try_next().await.map_err(read)? {
        each(&row)?;
    }
    Ok(())
}
