//! What a database holds, and the store that works on it.

use std::sync::Arc;

use super::connection::{Connection, Transaction};
use super::driver::{Access, Cells};
use super::location::{Dialect, Location};
use super::migrate::RUNS;
use super::mysql;
use super::own;
use super::replica::Replica;
use super::statement::{Fill, Names, Param, Statement, integer, sql, text, texts};
use crate::domain::generations::{self, Table};
use crate::domain::own::Declared;
use crate::domain::repair::Capacity;
use crate::domain::run::RunId;
use crate::domain::target::Target;
use crate::engine::flag::digest;
use crate::engine::made::Made;
use crate::engine::store::{StoreError, Trouble};

/// The table in which Alembic keeps the revision.
const REVISION: &str = "alembic_version";

/// What a database is opened for.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'w> {
    /// Airflow's state tables, and tables of the user's own. None at all of both is an error.
    Tables(&'w [Declared]),
    /// The runs in the journal. There may be no table of Airflow's.
    Runs,
}

/// A database with state tables in it.
pub struct SqlStore {
    pub(super) connection: Connection,
    pub(super) location: Location,
    pub(super) access: Access,
    pub(super) names: Names,
    /// The replicas that must not be left behind, where the user named them.
    pub(super) replicas: Vec<Replica>,
    /// Names this process in the lease, so that a run that was taken over is noticed.
    pub(super) owner: String,
    pub(super) capacity: Capacity,
    /// What runs have made of strings, once that has been looked up.
    pub(super) made: Arc<Made>,
}

/// What the first look at a database tells.
#[derive(Debug)]
pub struct Overview {
    pub dialect: Dialect,
    pub server_version: String,
    /// Airflow's Alembic revision, where it can be read.
    pub airflow_revision: Option<String>,
    /// What tells this database from others, as a digest.
    pub fingerprint: String,
    /// Whether the fingerprint is of the database's name and nothing else, so that others may have the same.
    pub known_by_name: bool,
    /// The state tables that are there, in the order in which they are worked on, the user's own last.
    pub targets: Vec<&'static Target>,
    /// What they were recognised by.
    pub tables: Vec<Table>,
}

impl SqlStore {
    /// Connects and looks for what is wanted.
    pub async fn open(location: &Location, access: Access, wanted: Wanted<'_>) -> Result<(Self, Overview), StoreError> {
        let mut connection = Connection::open(location, access).await?;
        let names = Names { dialect: location.dialect, schema: String::new() };
        let transaction = connection.begin(Access::Read).await?;
        let Seen { names, server_version, capacity, targets, tables } =
            Look { transaction, names, location, wanted }.all().await?;
        let (dialect, owner) = (location.dialect, format!("{:016x}", fastrand::u64(..)));
        let (location, replicas, made) = (location.clone(), Vec::new(), Arc::default());
        let mut store = Self { connection, location, access, names, replicas, owner, capacity, made };
        let airflow_revision = store.revision().await?;
        let (fingerprint, known_by_name) = store.fingerprint().await?;
        let overview =
            Overview { dialect, server_version, airflow_revision, fingerprint, known_by_name, targets, tables };
        Ok((store, overview))
    }

    /// Airflow's revision. A role that may not know it can scan all the same, so it is looked at on its own.
    async fn revision(&mut self) -> Result<Option<String>, StoreError> {
        let statement = self.names.statement(sql!("revision"), &[]);
        self.text_if_allowed("Airflow's revision could not be read", statement).await
    }

    /// What a plan remembers of the database that it is for, and whether that is only a name. It only has to catch
    /// mistakes early: what decides about a planned row is the digest of its value.
    async fn fingerprint(&mut self) -> Result<(String, bool), StoreError> {
        let dialect = self.names.dialect;
        let statement = self.names.statement(sql!(dialect, "fingerprint"), &[]);
        let own = self.text_if_allowed("the database's own name could not be read", statement).await?;
        let known_by_name = dialect == Dialect::MySql || own.is_none();
        // A pooler may know the database by another name.
        let own = own.or_else(|| self.location.database.clone()).unwrap_or_default();
        let fingerprint = digest([dialect.name(), &self.names.schema, &own].join("\n").as_bytes());
        Ok((hex::encode(fingerprint), known_by_name))
    }

    /// A text that not every role may read, and not every database has. What keeps it from being read now and not the
    /// next time is a failure: a database must not seem to be another because a connection broke.
    async fn text_if_allowed(&mut self, what: &str, statement: Statement<'_>) -> Result<Option<String>, StoreError> {
        match self.connection.one(what, statement, |cells| cells.owned(0)).await {
            Err(error) if !matches!(error.trouble, Trouble::Lost | Trouble::Unreachable | Trouble::Contended) => {
                tracing::info!("{error}");
                Ok(None)
            }
            outcome => outcome,
        }
    }
}

/// The first look at a database.
struct Look<'l> {
    transaction: Transaction<'l>,
    names: Names,
    location: &'l Location,
    wanted: Wanted<'l>,
}

/// What the first look has seen.
struct Seen {
    names: Names,
    server_version: String,
    capacity: Capacity,
    targets: Vec<&'static Target>,
    tables: Vec<Table>,
}

impl<'l> Look<'l> {
    async fn all(mut self) -> Result<Seen, StoreError> {
        let server_version = self.server_version().await?;
        let (targets, tables) = self.targets().await?;
        let capacity = self.capacity().await?;
        self.transaction.commit().await?;
        Ok(Seen { names: self.names, server_version, capacity, targets, tables })
    }

    async fn server_version(&mut self) -> Result<String, StoreError> {
        let statement = self.names.statement(sql!(self.names.dialect, "server_version"), &[]);
        let what = "the server did not tell its version";
        let version = self.transaction.one(what, statement, |cells| cells.owned(0)).await?;
        Ok(version.unwrap_or_default())
    }

    /// The tables to work on, and all that have one of the names that matter. From here on their schema is known.
    async fn targets(&mut self) -> Result<(Vec<&'static Target>, Vec<Table>), StoreError> {
        let (schema, tables, elsewhere) = self.tables().await?;
        self.names.schema = schema;
        let mut targets = self.airflows(&tables);
        for declared in self.own() {
            if targets.iter().any(|target| target.table == declared.table) {
                return Err(own::taken(declared));
            }
            if !tables.iter().any(|table| table.name == declared.table) {
                return Err(own::absent(declared, self.location, &self.names.schema, &elsewhere));
            }
            targets.push(own::settle(&mut self.transaction, &self.names, declared).await?);
        }
        let has_runs = matches!(self.wanted, Wanted::Runs) && tables.iter().any(|table| table.name == RUNS);
        if targets.is_empty() && !has_runs {
            return Err(self.missing(&tables).await);
        }
        Ok((targets, tables))
    }

    /// Airflow's tables among these.
    fn airflows(&self, tables: &[Table]) -> Vec<&'static Target> {
        let capacity = if self.location.dialect == Dialect::MySql { mysql::MEDIUMTEXT } else { Capacity::UNLIMITED };
        let found = generations::recognise(tables).into_iter().map(|target| Target { capacity, ..target }.hold());
        let targets: Vec<_> = found.collect();
        for table in tables.iter().filter(|table| !self.is_known(table, &targets)) {
            tracing::warn!("{} does not have the columns of a state table and is left alone", table.name);
        }
        targets
    }

    /// The tables that the user has declared.
    const fn own(&self) -> &'l [Declared] {
        match self.wanted {
            Wanted::Tables(own) => own,
            Wanted::Runs => &[],
        }
    }

    /// The schema of the state tables, the tables there that have one of the names that matter, and those elsewhere. The
    /// journal goes where the tables are, so they all are looked for in one schema: the first that has the newest of
    /// Airflow's tables, else the first that has one of the user's own, else the one of the journal.
    async fn tables(&mut self) -> Result<(String, Vec<Table>, Vec<(String, Table)>), StoreError> {
        let own = self.own();
        let airflows = || generations::names().map(|name| -> &'l str { name });
        let names = || airflows().chain(own.iter().map(|declared| declared.table.as_str())).chain([RUNS]);
        let found = self.columns(names().chain([REVISION])).await?;
        let newest = names().find_map(|name| found.iter().find(|(_, table)| table.name == name));
        let schema = newest.or(found.first()).map(|(schema, _)| schema.clone()).unwrap_or_default();
        let (here, elsewhere): (Vec<_>, Vec<_>) = found.into_iter().partition(|(found, _)| *found == schema);
        Ok((schema, here.into_iter().map(|(_, table)| table).collect(), elsewhere))
    }

    /// Whether a table that was asked for is what its name says, or somebody says what it is.
    fn is_known(&self, table: &Table, targets: &[&Target]) -> bool {
        [REVISION, RUNS].contains(&table.name.as_str())
            || targets.iter().any(|target| target.table == table.name)
            || self.own().iter().any(|declared| declared.table == table.name)
    }

    /// The tables with these names, each with its schema.
    async fn columns(&mut self, names: impl Iterator<Item = &str>) -> Result<Vec<(String, Table)>, StoreError> {
        let names = Fill::Rows(vec![names.map(Param::Text).collect()]);
        let fills = [("names", names), ("schemas", texts(self.location.schemas.iter().map(String::as_str)))];
        let find = self.names.statement(sql!(self.names.dialect, "find_columns"), &fills);
        let mut tables: Vec<(String, Table)> = Vec::new();
        let collect = |cells: &dyn Cells| {
            let text = |index| cells.owned(index).map(Option::unwrap_or_default);
            let (schema, name, column) = (text(0)?, text(1)?, text(2)?);
            match tables.last_mut() {
                Some((last, table)) if *last == schema && table.name == name => table.columns.push(column),
                _ => tables.push((schema, Table { name, columns: vec![column] })),
            }
            Ok(())
        };
        self.transaction.rows("the tables could not be listed", find, collect).await?;
        Ok(tables)
    }

    /// Why no state table was found, as far as the database tells.
    async fn missing(&mut self, tables: &[Table]) -> StoreError {
        let released: Vec<&str> = generations::names().take(2).collect();
        let what = format!("{} has no table {}", self.location, released.join(" or "));
        let hint = if !tables.iter().any(|table| table.name == REVISION) {
            "this does not look like an Airflow database: check the URL, the schema and the role's grants"
        } else if self.revision().await.is_some_and(|revision| generations::has_tables(&revision)) {
            "its revision says that Airflow has made them, so `airflow db migrate` will not make them again: let the role \
             see them, or make them as docs/tables.md tells"
        } else {
            "state tables came with Airflow 3.3: run `airflow db migrate` of 3.3 or later, then try again"
        };
        StoreError::new(Trouble::Missing, what).hint(hint)
    }

    /// Airflow's revision, where nothing depends on the transaction any more: a role may be refused it.
    async fn revision(&mut self) -> Option<String> {
        let statement = self.names.statement(sql!("revision"), &[]);
        let what = "Airflow's revision could not be read";
        self.transaction.one(what, statement, |cells| cells.owned(0)).await.ok().flatten()
    }

    async fn capacity(&mut self) -> Result<Capacity, StoreError> {
        if self.names.dialect != Dialect::MySql {
            return Ok(Capacity::UNLIMITED);
        }
        let statement = self.names.statement("SELECT @@max_allowed_packet", &[]);
        let what = "the server did not tell its longest packet";
        let packet = self.transaction.one(what, statement, |cells| cells.integer(0)).await?;
        Ok(mysql::capacity(packet.unwrap_or_default().unsigned_abs()))
    }
}

/// The run that a statement is about.
pub(super) fn run_id(run: &RunId) -> (&'static str, Fill<'_>) {
    ("run_id", text(&run.0))
}

/// A row limit.
pub(super) fn rows(limit: u32) -> (&'static str, Fill<'static>) {
    ("rows", integer(limit))
}
