//! What a database holds, and the store that works on it.

use super::connection::{Connection, Transaction};
use super::driver::{Access, Cells};
use super::location::{Dialect, Location};
use super::mysql;
use super::statement::{Fill, Names, Param, integer, sql, text};
use crate::domain::repair::Capacity;
use crate::domain::target::{RELEASED, Target};
use crate::engine::store::{StoreError, Trouble};

/// A database with state tables in it.
pub struct SqlStore {
    pub(super) connection: Connection,
    pub(super) names: Names,
    /// Names this process in the lease, so that a run that was taken over is noticed.
    pub(super) owner: String,
    pub(super) capacity: Capacity,
}

/// What the first look at a database tells.
#[derive(Debug)]
pub struct Overview {
    pub dialect: Dialect,
    pub server_version: String,
    /// Airflow's Alembic revision, where it can be read.
    pub airflow_revision: Option<String>,
    /// The state tables that are there, in the order in which they are worked on.
    pub targets: Vec<&'static Target>,
}

impl SqlStore {
    /// Connects and looks for the state tables. None at all is an error.
    pub async fn open(location: &Location, access: Access) -> Result<(Self, Overview), StoreError> {
        let mut connection = Connection::open(location, access).await?;
        let names = Names { dialect: location.dialect, schema: String::new() };
        let transaction = connection.begin(Access::Read).await?;
        let (mut overview, capacity, names) = Look { transaction, names, location }.all().await?;
        let owner = format!("{:016x}", fastrand::u64(..));
        let mut store = Self { connection, names, owner, capacity };
        overview.airflow_revision = store.revision().await;
        Ok((store, overview))
    }

    /// Airflow's revision. A role that may not know it can scan all the same, so it is looked at on its own.
    async fn revision(&mut self) -> Option<String> {
        let statement = self.names.statement(sql!("revision"), &[]);
        let mut read = self.read().await.ok()?;
        let text = |cells: &dyn Cells| Ok(cells.text(0)?.map(str::to_owned));
        let revisions = read.rows("Airflow's revision could not be read", statement, text).await;
        // Nobody may need this connection for long, and a dropped transaction stays open until somebody does.
        let ended = read.commit().await;
        match revisions.and_then(|revisions| ended.map(|()| revisions)) {
            Ok(revisions) => revisions.into_iter().flatten().next(),
            Err(error) => {
                tracing::info!("{error}");
                None
            }
        }
    }

    /// A transaction that only reads.
    pub(super) async fn read(&mut self) -> Result<Transaction<'_>, StoreError> {
        self.connection.begin(Access::Read).await
    }
}

/// The first look at a database.
struct Look<'l> {
    transaction: Transaction<'l>,
    names: Names,
    location: &'l Location,
}

impl Look<'_> {
    async fn all(mut self) -> Result<(Overview, Capacity, Names), StoreError> {
        let overview = self.overview().await?;
        let capacity = self.capacity().await?;
        self.transaction.commit().await?;
        Ok((overview, capacity, self.names))
    }

    async fn overview(&mut self) -> Result<Overview, StoreError> {
        let dialect = self.location.dialect;
        let version = self.names.statement(sql!(dialect, "server_version"), &[]);
        let what = "the server did not tell its version";
        let server_version = self.one_text(what, version).await?.unwrap_or_default();
        let mut targets = Vec::new();
        for target in RELEASED {
            // The journal goes where the tables are, so they are looked for in one schema: that of the first.
            match self.schema_of(target.table).await? {
                Some(schema) if self.names.schema.is_empty() || self.names.schema == schema => {
                    self.names.schema = schema;
                    targets.push(target);
                }
                _ => {}
            }
        }
        if targets.is_empty() {
            return Err(self.missing().await?);
        }
        Ok(Overview { dialect, server_version, airflow_revision: None, targets })
    }

    async fn schema_of(&mut self, table: &str) -> Result<Option<String>, StoreError> {
        let schemas = Param::Texts(self.location.schemas.iter().map(String::as_str).collect());
        let fills = [("name", text(table)), ("schemas", Fill::Param(schemas))];
        let find = self.names.statement(sql!(self.names.dialect, "find_table"), &fills);
        self.one_text("the tables could not be listed", find).await
    }

    /// Why no state table was found, as far as the database tells.
    async fn missing(&mut self) -> Result<StoreError, StoreError> {
        let tables: Vec<&str> = RELEASED.iter().map(|target| target.table).collect();
        let what = format!("{} has no table {}", self.location, tables.join(" or "));
        let hint = match self.schema_of("alembic_version").await? {
            None => "this does not look like an Airflow database: check the URL, the schema and the role's grants",
            Some(_) => "state tables came with Airflow 3.3: run `airflow db migrate` of 3.3 or later, then try again",
        };
        Ok(StoreError::new(Trouble::Missing, what).hint(hint))
    }

    async fn capacity(&mut self) -> Result<Capacity, StoreError> {
        if self.names.dialect != Dialect::MySql {
            return Ok(Capacity::UNLIMITED);
        }
        let statement = self.names.statement("SELECT @@max_allowed_packet", &[]);
        let what = "the server did not tell its longest packet";
        let packet = self.transaction.rows(what, statement, |cells| cells.integer(0)).await?;
        let packet = packet.into_iter().flatten().next().unwrap_or_default();
        Ok(mysql::capacity(packet.unsigned_abs()))
    }

    async fn one_text(
        &mut self,
        what: &str,
        statement: super::statement::Statement<'_>,
    ) -> Result<Option<String>, StoreError> {
        let read = |cells: &dyn Cells| Ok(cells.text(0)?.map(str::to_owned));
        Ok(self.transaction.rows(what, statement, read).await?.into_iter().flatten().next())
    }
}

/// Fills that most statements about runs share.
pub(super) fn run_id(run: &crate::domain::run::RunId) -> (&'static str, Fill<'_>) {
    ("run_id", text(&run.0))
}

/// A row limit.
pub(super) fn rows(limit: u32) -> (&'static str, Fill<'static>) {
    ("rows", integer(limit))
}
