//! The journal's own tables: whether they are there, and making them.

use std::borrow::Cow;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqlSafeStr as _};
use tokio::time::sleep;

use super::catalog::SqlStore;
use super::connection::Connection;
use super::error::{failed, other};
use super::location::Dialect;
use super::statement::{sql, text, texts};
use crate::engine::store::{StoreError, Trouble};

/// The number of the newest migration below `migrations/`.
const NEWEST: i64 = 1;

/// The journal's tables, its bookkeeping last.
pub(super) const TABLES: [&str; 3] = [RUNS, "statemend_change", "statemend_migration"];

/// The table of the runs.
pub(super) const RUNS: &str = "statemend_run";

/// How often the journal is made once more where others may be making it, and how long they are waited for each time.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(100);

/// Makes sqlx's migrator take an unfinished migration for one that never began.
const FORGET_UNFINISHED: &str = "DELETE FROM statemend_migration WHERE NOT success";

impl SqlStore {
    /// Whether the role sees tables of a journal, of whatever version or half made. MySQL hides tables from a role that may
    /// do nothing with them.
    pub(super) async fn sees_journal(&mut self) -> Result<bool, StoreError> {
        let schemas = texts([self.names.schema.as_str()]);
        let fills = [("name", text("statemend_migration")), ("schemas", schemas)];
        let find = self.names.statement(sql!(self.names.dialect, "find_table"), &fills);
        let found = self.connection.one("the journal could not be looked for", find, |cells| cells.owned(0)).await?;
        Ok(found.is_some())
    }

    /// Whether the journal is there and as this release makes it. One of a newer release is an error.
    pub(super) async fn journal_is_current(&mut self) -> Result<bool, StoreError> {
        Ok(self.journal_version().await? == Some(NEWEST))
    }

    /// The version of the journal, if there is one; one that is half made is none. One of a newer release is an error.
    pub(super) async fn journal_version(&mut self) -> Result<Option<i64>, StoreError> {
        if !self.sees_journal().await? {
            return Ok(None);
        }
        let newest = self.names.statement(sql!("journal_version"), &[]);
        let what = "the journal's version could not be read";
        match self.connection.one(what, newest, |cells| cells.integer(0)).await? {
            Some(newer) if newer > NEWEST => {
                let what = format!("the journal is of version {newer}, this release knows up to {NEWEST}");
                Err(StoreError::new(Trouble::Journal, what).hint("use the release of statemend that made it"))
            }
            version => Ok(version),
        }
    }

    /// Creates the journal's tables where they are missing.
    pub(super) async fn migrate(&mut self) -> Result<(), StoreError> {
        if self.journal_is_current().await? {
            return Ok(());
        }
        let mut tries = 1..=TRIES;
        loop {
            match self.run_migrations().await.map_err(not_created) {
                // Of several processes that make the journal at once, the slower ones fail on what is there by now.
                Err(error) if error.trouble != Trouble::Denied && self.journal_is_current().await? => {
                    tracing::debug!("someone else has made the journal meanwhile: {error}");
                    return Ok(());
                }
                // On MySQL it may be half made.
                Err(error) if error.trouble != Trouble::Denied && tries.next().is_some() => {
                    tracing::debug!("someone else may be making the journal: {error}");
                    sleep(PAUSE.mul_f64(0.5 + fastrand::f64())).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// All or nothing on PostgreSQL and SQLite. MySQL commits every CREATE TABLE by itself.
    async fn run_migrations(&mut self) -> Result<(), MigrateError> {
        let migrator = migrator(self.names.dialect);
        let schema = self.names.quoted(&self.names.schema);
        match &mut self.connection {
            Connection::Postgres(connection) => {
                let mut transaction = connection.begin().await?;
                let path = AssertSqlSafe(format!("SET LOCAL search_path = {schema}"));
                transaction.execute(path).await?;
                let migrated = migrator.run(&mut *transaction).await;
                // The migrator's statements have names and would stay in the session, which may be a pooler's: there
                // the same names of another client would be taken.
                let cleared = transaction.clear_cached_statements().await;
                migrated?;
                cleared?;
                Ok(transaction.commit().await?)
            }
            Connection::MySql(connection) => {
                match migrator.run(&mut *connection).await {
                    Err(MigrateError::Dirty(_)) => {
                        // Somebody was killed between two tables. Each is made only if it is missing, so begin again.
                        connection.execute(FORGET_UNFINISHED).await?;
                        migrator.run(&mut *connection).await
                    }
                    outcome => outcome,
                }
            }
            Connection::Sqlite(file) => {
                let mut transaction = file.writing()?.begin().await?;
                migrator.run(&mut *transaction).await?;
                Ok(transaction.commit().await?)
            }
        }
    }
}

fn not_created(error: MigrateError) -> StoreError {
    let what = "the journal's tables could not be created";
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => failed(what, error),
        error => other(what, error),
    }
}

/// The embedded migrations of one dialect.
fn migrator(dialect: Dialect) -> Migrator {
    let journal = match dialect {
        Dialect::Postgres => include_str!("../../migrations/postgres/0001_journal.sql"),
        Dialect::MySql => include_str!("../../migrations/mysql/0001_journal.sql"),
        Dialect::Sqlite => include_str!("../../migrations/sqlite/0001_journal.sql"),
    };
    let description = Cow::Borrowed("journal");
    let migration = Migration::new(NEWEST, description, MigrationType::Simple, journal.into_sql_str(), false);
    let mut migrator = Migrator::with_migrations(vec![migration]);
    // sqlx would take a session lock, which a pooler in transaction mode does not keep; see `migrate`.
    migrator.set_locking(false);
    migrator.dangerous_set_table_name("statemend_migration");
    migrator
}
