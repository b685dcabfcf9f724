//! One face for three drivers: transactions that run statements and hand over rows.

use std::io::ErrorKind;
use std::time::Duration;

use sqlx::mysql::MySqlConnection;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, MySql, Postgres, Sqlite};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::driver::{self, Access, Cells, EachCells};
use super::error::{failed, failed_on_values};
use super::location::{Dialect, Location};
use super::postgres::copy;
use super::sqlite::reading;
use super::statement::Statement;
use super::{mysql, postgres, sqlite};
use crate::engine::store::{StoreError, Trouble};

/// How long a server may take to accept a connection, and to answer a statement. A server that is cut off from the
/// network says nothing, and the system might wait for hours. It is given up before the lease is lost for it.
const CONNECTING: Duration = Duration::from_secs(15);
const ANSWERING: Duration = Duration::from_secs(45);

/// Waits for an answer for as long as makes sense. After that, the connection is of no use any more.
async fn answered<T>(answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(ANSWERING, answer).await.unwrap_or_else(|_| Err(silence()))
}

fn silence() -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::new(ErrorKind::TimedOut, "the server does not answer"))
}

/// A connection to one of the databases.
pub(super) enum Connection {
    Postgres(PgConnection),
    MySql(MySqlConnection),
    Sqlite(sqlite::File),
}

impl Connection {
    /// Connects. A SQLite file is never created.
    pub async fn open(location: &Location, access: Access) -> Result<Self, StoreError> {
        let open = async {
            match location.dialect {
                Dialect::Postgres => postgres::connect(location).await.map(Self::Postgres),
                Dialect::MySql => mysql::connect(location).await.map(Self::MySql),
                Dialect::Sqlite => sqlite::connect(location, access).await.map(Self::Sqlite),
            }
        };
        let opened = timeout(CONNECTING, open).await;
        opened.unwrap_or_else(|_| {
            let what = format!("no connection to {location}: no answer within {} s", CONNECTING.as_secs());
            Err(StoreError::new(Trouble::Unreachable, what)
                .hint("check host and port, and whether a firewall is between"))
        })
    }

    /// Begins a transaction. In one that writes, waiting for someone else's lock ends after about a second.
    pub async fn begin(&mut self, access: Access) -> Result<Transaction<'_>, StoreError> {
        let begun = match self {
            Self::Postgres(connection) => {
                answered(connection.begin_with(postgres::begin(access))).await.map(Transaction::Postgres)
            }
            Self::MySql(connection) => {
                answered(connection.begin_with(mysql::begin(access))).await.map(Transaction::MySql)
            }
            Self::Sqlite(file) => begin_in(file, access).await,
        };
        begun.map_err(|error| failed("a transaction could not be begun", error))
    }

    /// Does some work in a transaction, and ends it: with a commit, or after a failure with a rollback.
    pub async fn within<T>(
        &mut self,
        access: Access,
        work: impl AsyncFnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut transaction = self.begin(access).await?;
        let outcome = work(&mut transaction).await;
        transaction.end(outcome).await
    }

    /// Tries to do some work in a transaction that writes: with a rollback also where it gives nothing.
    pub async fn attempt<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Transaction<'_>) -> Result<Option<T>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut transaction = self.begin(Access::Write).await?;
        match work(&mut transaction).await {
            Ok(Some(done)) => transaction.commit().await.map(|()| Some(done)),
            Ok(None) => {
                transaction.roll_back().await;
                Ok(None)
            }
            Err(error) => Err(transaction.give_up(error).await),
        }
    }

    /// Runs one statement that writes, in a transaction of its own, and says how many rows it matched.
    pub async fn write(&mut self, what: &str, statement: Statement<'_>) -> Result<u64, StoreError> {
        self.within(Access::Write, async |write| write.run(what, statement).await).await
    }

    /// Runs one query in a transaction that only reads, and collects what `read` makes of its rows.
    pub async fn rows<T>(
        &mut self,
        what: &str,
        statement: Statement<'_>,
        read: impl FnMut(&dyn Cells) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, StoreError> {
        self.within(Access::Read, async |transaction| transaction.rows(what, statement, read).await).await
    }

    /// As [`Connection::rows`], for rows that may be wrong in ways of their own.
    pub async fn parsed<T>(
        &mut self,
        what: &str,
        statement: Statement<'_>,
        parse: impl FnMut(&dyn Cells) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.within(Access::Read, async |transaction| transaction.parsed(what, statement, parse).await).await
    }

    /// As [`Connection::rows`], for what stands in one row, if it is there at all.
    pub async fn one<T>(
        &mut self,
        what: &str,
        statement: Statement<'_>,
        read: impl FnMut(&dyn Cells) -> Result<Option<T>, sqlx::Error>,
    ) -> Result<Option<T>, StoreError> {
        self.within(Access::Read, async |transaction| transaction.one(what, statement, read).await).await
    }

    /// As [`Connection::rows`], for a question of which the answer is yes or no.
    pub async fn says_yes(&mut self, what: &str, statement: Statement<'_>) -> Result<bool, StoreError> {
        let answer = self.one(what, statement, |cells| cells.says_yes(0).map(Some)).await?;
        Ok(answer.unwrap_or_default())
    }
}

/// A transaction. Dropped without a commit, it is rolled back before the connection is used again, which may be late:
/// where locks are held, [`Transaction::give_up`] says so at once.
pub(super) enum Transaction<'t> {
    Postgres(sqlx::Transaction<'t, Postgres>),
    MySql(sqlx::Transaction<'t, MySql>),
    Sqlite(sqlx::Transaction<'t, Sqlite>),
    /// Of a SQLite file, which is only read.
    File(rusqlite::Transaction<'t>),
}

async fn begin_in(file: &mut sqlite::File, access: Access) -> Result<Transaction<'_>, sqlx::Error> {
    match access {
        Access::Read => {
            // A file never lets us wait, so this is where everything else on this thread has its turn, such as a signal.
            yield_now().await;
            reading::begin(&mut file.reading).map(Transaction::File)
        }
        Access::Write => file.writing()?.begin_with(sqlite::BEGIN_TO_WRITE).await.map(Transaction::Sqlite),
    }
}

/// Runs a query without parameters and hands over its rows as PostgreSQL's COPY tells them. After a failure the connection
/// is of no use any more.
pub(super) async fn copy(
    transaction: &mut sqlx::Transaction<'_, Postgres>,
    what: &str,
    query: &str,
    each: &mut EachCells<'_>,
) -> Result<(), StoreError> {
    let answer = timeout(ANSWERING, copy::out(transaction, what, query, each)).await;
    answer.unwrap_or_else(|_| Err(failed(what, silence())))
}

impl Transaction<'_> {
    /// Runs a statement and says how many rows it matched. `what` fails, should it fail.
    pub async fn run(&mut self, what: &str, statement: Statement<'_>) -> Result<u64, StoreError> {
        self.try_run(statement).await.map_err(|error| failed(what, error))
    }

    /// As [`Transaction::run`], for callers that look into the error.
    pub async fn try_run(&mut self, statement: Statement<'_>) -> Result<u64, sqlx::Error> {
        match self {
            Self::Postgres(transaction) => answered(driver::run::<Postgres>(transaction, statement)).await,
            Self::MySql(transaction) => answered(driver::run::<MySql>(transaction, statement)).await,
            Self::Sqlite(transaction) => driver::run::<Sqlite>(transaction, statement).await,
            Self::File(_) => Err(reading::read_only()),
        }
    }

    /// Runs a query and hands over its rows as they arrive. `what` fails, should it fail.
    pub async fn query(
        &mut self,
        what: &str,
        statement: Statement<'_>,
        each: &mut EachCells<'_>,
    ) -> Result<(), StoreError> {
        let answer = match self {
            Self::Postgres(transaction) => {
                timeout(ANSWERING, driver::query::<Postgres>(transaction, what, statement, each)).await
            }
            Self::MySql(transaction) => {
                timeout(ANSWERING, driver::query::<MySql>(transaction, what, statement, each)).await
            }
            // A file always answers.
            Self::Sqlite(transaction) => Ok(driver::query::<Sqlite>(transaction, what, statement, each).await),
            Self::File(transaction) => Ok(reading::query(transaction, what, &statement, each)),
        };
        answer.unwrap_or_else(|_| Err(failed(what, silence())))
    }

    /// Runs a query and collects what `read` makes of its rows.
    pub async fn rows<T>(
        &mut self,
        what: &str,
        statement: Statement<'_>,
        mut read: impl FnMut(&dyn Cells) -> Result<T, sqlx::Error>,
    ) -> Result<Vec<T>, StoreError> {
        self.parsed(what, statement, |cells| read(cells).map_err(|error| failed(what, error))).await
    }

    /// As [`Transaction::rows`], for rows that may be wrong in ways of their own.
    pub async fn parsed<T>(
        &mut self,
        what: &str,
        statement: Statement<'_>,
        mut parse: impl FnMut(&dyn Cells) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        let mut collect = |cells: &dyn Cells| {
            rows.push(parse(cells)?);
            Ok(())
        };
        self.query(what, statement, &mut collect).await?;
        Ok(rows)
    }

    /// As [`Transaction::rows`], for what stands in one row, if it is there at all.
    pub async fn one<T>(
        &mut self,
        what: &str,
        statement: Statement<'_>,
        read: impl FnMut(&dyn Cells) -> Result<Option<T>, sqlx::Error>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(what, statement, read).await?.into_iter().flatten().next())
    }

    /// Ends with a commit after a success, and with a rollback after a failure.
    pub async fn end<T>(self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        match outcome {
            Ok(done) => self.commit().await.map(|()| done),
            Err(error) => Err(self.give_up(error).await),
        }
    }

    /// Ends after a failure. Where the connection is of no use any more, the server undoes the changes by itself, and
    /// whoever asked it to would wait for an answer that does not come, or that is behind very many rows.
    pub async fn give_up(self, error: StoreError) -> StoreError {
        if !matches!(error.trouble, Trouble::Lost | Trouble::Overfull) {
            self.roll_back().await;
        }
        error
    }

    /// Undoes the changes and gives the locks back.
    async fn roll_back(self) {
        let rolled_back = match self {
            Self::Postgres(transaction) => answered(transaction.rollback()).await,
            Self::MySql(transaction) => answered(transaction.rollback()).await,
            Self::Sqlite(transaction) => transaction.rollback().await,
            Self::File(transaction) => reading::end(transaction),
        };
        if let Err(error) = rolled_back {
            tracing::debug!("a transaction could not be rolled back: {error}");
        }
    }

    /// Makes the changes last. What constraints and triggers have put off, they look at now.
    pub async fn commit(self) -> Result<(), StoreError> {
        let committed = match self {
            Self::Postgres(transaction) => answered(transaction.commit()).await,
            Self::MySql(transaction) => answered(transaction.commit()).await,
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::File(transaction) => reading::end(transaction),
        };
        committed.map_err(|error| failed_on_values("the transaction could not be committed", error))
    }
}
