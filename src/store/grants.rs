//! What a role may do, asked of the server before a run begins, and the statements that would let it.

use super::catalog::SqlStore;
use super::driver::Cells;
use super::journal::write;
use super::location::Dialect;
use super::migrate::TABLES;
use super::statement::{sql, text};
use crate::domain::target::Target;
use crate::engine::store::{StoreError, Trouble};

impl SqlStore {
    /// Airflow's migrations change the very tables at work, and take a lock of their own to be alone with them.
    pub(super) async fn refuse_beside_a_migration(&mut self) -> Result<(), StoreError> {
        let statement = self.names.statement(sql!(self.names.dialect, "migrating"), &[]);
        let what = "Airflow's migration lock could not be looked at";
        let locked = self.rows(what, statement, |cells| cells.integer(0)).await?;
        if locked.first() != Some(&Some(1)) {
            return Ok(());
        }
        Err(StoreError::new(Trouble::Migrating, "Airflow is migrating this database")
            .hint("wait until `airflow db migrate` has ended, then run this again"))
    }

    /// Asks for every privilege that a run needs, with statements that change nothing.
    pub(super) async fn check_grants(&mut self, targets: &[&'static Target]) -> Result<(), StoreError> {
        match self.try_grants(targets).await {
            Err(error) if error.trouble == Trouble::Denied => Err(self.with_grants(error, targets).await),
            outcome => outcome,
        }
    }

    async fn try_grants(&mut self, targets: &[&'static Target]) -> Result<(), StoreError> {
        for target in targets {
            let statement = self.names.about(target, sql!("may_update"), &[]);
            write(&mut self.connection, &format!("{} cannot be changed", target.table), statement).await?;
        }
        if !self.journal_is_current().await? {
            return self.may_create().await;
        }
        for statement in [sql!("may_write_run"), sql!("may_enter_run"), sql!("may_record")] {
            let statement = self.names.statement(statement, &[]);
            write(&mut self.connection, "the journal cannot be written", statement).await?;
        }
        Ok(())
    }

    /// Only PostgreSQL can be asked whether tables may be made. Elsewhere making them tells.
    async fn may_create(&mut self) -> Result<(), StoreError> {
        if self.names.dialect != Dialect::Postgres {
            return Ok(());
        }
        let schema = self.names.schema.clone();
        let question = include_str!("sql/postgres/may_create.sql");
        let statement = self.names.statement(question, &[("schema", text(&schema))]);
        let what = "the role's privileges could not be read";
        let may = self.rows(what, statement, |cells| cells.integer(0)).await?;
        if may.first() == Some(&Some(1)) {
            return Ok(());
        }
        let what = format!("the role may not make the journal's tables in the schema {}", self.names.quoted(&schema));
        Err(StoreError::new(Trouble::Denied, what))
    }

    /// Adds to an error that the role may not do something all that a run needs.
    pub(super) async fn with_grants(&mut self, error: StoreError, targets: &[&'static Target]) -> StoreError {
        if error.hint.is_some() {
            // The whole server is closed to changes, and no grant opens it.
            return error;
        }
        if self.names.dialect == Dialect::Sqlite {
            return error.hint("the user who runs this needs to be able to write the file and its folder");
        }
        let has_journal = self.sees_journal().await.unwrap_or(false);
        let role = self.role().await;
        let grants = self.grants(targets, &role, has_journal);
        error.hint(format!("what a run needs, to be granted by someone who may:\n    {}", grants.join("\n    ")))
    }

    fn grants(&self, targets: &[&'static Target], role: &str, has_journal: bool) -> Vec<String> {
        let on_table =
            |privileges: &str, table: &str| format!("GRANT {privileges} ON {} TO {role};", self.names.table(table));
        let mut grants: Vec<String> = targets.iter().map(|target| on_table("SELECT, UPDATE", &target.table)).collect();
        match self.names.dialect {
            Dialect::Postgres if has_journal => {
                grants.extend(TABLES.map(|table| on_table("SELECT, INSERT, UPDATE, DELETE", table)));
            }
            Dialect::Postgres | Dialect::Sqlite => {
                let schema = self.names.quoted(&self.names.schema);
                grants.push(format!("GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};"));
            }
            // MySQL grants privileges on tables that are yet to be made.
            Dialect::MySql => {
                grants.extend(TABLES.map(|table| on_table("CREATE, SELECT, INSERT, UPDATE, DELETE", table)));
            }
        }
        grants
    }

    /// The role of this session, as GRANT takes it.
    async fn role(&mut self) -> String {
        let statement = self.names.statement(sql!(self.names.dialect, "role"), &[]);
        let role = |cells: &dyn Cells| Ok(cells.text(0)?.map(str::to_owned));
        let role = self.rows("the role's own name could not be read", statement, role).await;
        role.ok().and_then(|roles| roles.into_iter().flatten().next()).unwrap_or_else(|| "<role>".to_owned())
    }
}
