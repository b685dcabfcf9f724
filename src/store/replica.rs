//! How far replicas are behind.
//!
//! PostgreSQL knows it of its standbys. Of replicas that the user names, the journal tells: a run shows itself in
//! `statemend_run` with every chunk, and a replica that does not yet know of the last sign is behind by its age. That
//! takes no privilege but SELECT, on any server.

use std::time::Duration;

use tokio::time::timeout;

use super::catalog::{SqlStore, run_id};
use super::connection::Connection;
use super::driver::{Access, Cells};
use super::location::Location;
use super::statement::{Names, sql};
use crate::domain::run::RunId;
use crate::engine::store::{Lag, StoreError, Trouble};

/// How long a replica may take to answer. The run shows no sign of life meanwhile.
const ANSWERING: Duration = Duration::from_secs(5);

/// A server that follows the one at work.
pub(super) struct Replica {
    location: Location,
    /// Missing after a failure, until the next question.
    connection: Option<Connection>,
}

impl SqlStore {
    /// Connects to the replicas that must not be left behind. PostgreSQL needs none named; MySQL does.
    pub async fn watch_replicas(&mut self, locations: Vec<Location>) -> Result<(), StoreError> {
        for location in locations {
            let connection = Some(Connection::open(&location, Access::Read).await?);
            self.replicas.push(Replica { location, connection });
        }
        if self.replicas.is_empty() { self.standbys().await.map(drop) } else { Ok(()) }
    }

    pub(super) async fn replica_lag(&mut self, run: &RunId) -> Result<Lag, StoreError> {
        if self.replicas.is_empty() {
            return self.standbys().await.map(Lag::Behind);
        }
        let statement = self.names.statement(sql!(self.names.dialect, "last_sign"), &[run_id(run)]);
        let here = self.connection.one("the last sign of the run could not be read", statement, sign).await?;
        let silent = || StoreError::new(Trouble::Missing, "the run is not in the journal of a replica yet");
        let Some((here, now)) = here else { return Ok(Lag::Unknown(silent())) };
        let mut furthest = Duration::ZERO;
        for replica in &mut self.replicas {
            let asked = timeout(ANSWERING, replica.last_sign(&self.names, run)).await;
            match asked.unwrap_or_else(|_| Err(StoreError::new(Trouble::Lost, "a replica does not answer"))) {
                Ok(Some(there)) if there >= here => {}
                Ok(Some(there)) => furthest = furthest.max(Duration::from_micros((now - there).unsigned_abs())),
                Ok(None) => return Ok(Lag::Unknown(silent())),
                Err(error) if error.trouble == Trouble::Denied => return Err(error),
                Err(error) => {
                    replica.connection = None;
                    return Ok(Lag::Unknown(error));
                }
            }
        }
        Ok(Lag::Behind(furthest))
    }

    /// How far the standbys are behind that PostgreSQL feeds.
    async fn standbys(&mut self) -> Result<Duration, StoreError> {
        let statement = self.names.statement(include_str!("sql/postgres/replication.sql"), &[]);
        let numbers = |cells: &dyn Cells| Ok(Some([cells.integer(0)?, cells.integer(1)?, cells.integer(2)?]));
        let numbers = self.connection.one("the standbys could not be looked at", statement, numbers).await?;
        let [standbys, hidden, behind] = numbers.unwrap_or_default().map(Option::unwrap_or_default);
        if hidden > 0 {
            return Err(StoreError::new(Trouble::Denied, "the role may not see how far the standbys are behind")
                .hint("GRANT pg_monitor TO the role, or name the standbys with --replica URL"));
        }
        if standbys == 0 {
            tracing::debug!("no standby is connected, so none can be left behind");
        }
        Ok(Duration::from_millis(behind.unsigned_abs()))
    }
}

impl Replica {
    /// The last sign of a run that the replica knows of.
    async fn last_sign(&mut self, names: &Names, run: &RunId) -> Result<Option<i64>, StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(Connection::open(&self.location, Access::Read).await?),
        };
        let statement = names.statement(sql!(names.dialect, "last_sign"), &[run_id(run)]);
        let what = "the journal on the replica could not be read";
        let last = connection.one(what, statement, sign).await?;
        Ok(last.map(|(there, _)| there))
    }
}

/// When a run last showed itself, and the time now, in microseconds.
fn sign(cells: &dyn Cells) -> Result<Option<(i64, i64)>, sqlx::Error> {
    Ok(cells.integer(0)?.zip(cells.integer(1)?))
}
