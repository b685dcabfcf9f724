//! What a role may do, asked of the server before a run begins, and the statements that would let it.

use std::collections::HashSet;

use super::carry::may_carry;
use super::catalog::SqlStore;
use super::driver::Cells;
use super::location::Dialect;
use super::migrate::TABLES;
use super::statement::{Fill, sql, text};
use crate::domain::carry::Route;
use crate::engine::store::{Deed, StoreError, Trouble};

impl SqlStore {
    /// Airflow's migrations change the very tables at work, and take a lock of their own to be alone with them.
    pub(super) async fn refuse_beside_a_migration(&mut self) -> Result<(), StoreError> {
        let statement = self.names.statement(sql!(self.names.dialect, "migrating"), &[]);
        let what = "Airflow's migration lock could not be looked at";
        if !self.connection.says_yes(what, statement).await? {
            return Ok(());
        }
        let hint = match self.names.dialect {
            Dialect::MySql => {
                "wait until `airflow db migrate` has ended, then run this again; its lock is the whole server's, so it may \
                 be that of another Airflow there"
            }
            Dialect::Postgres | Dialect::Sqlite => "wait until `airflow db migrate` has ended, then run this again",
        };
        Err(StoreError::new(Trouble::Migrating, "Airflow is migrating this database").hint(hint))
    }

    /// Asks for every privilege that a run needs, with statements that change nothing.
    pub(super) async fn check_grants(&mut self, deeds: &[Deed]) -> Result<(), StoreError> {
        match self.try_grants(deeds).await {
            Err(error) if error.trouble == Trouble::Denied => Err(self.with_grants(error, deeds).await),
            outcome => outcome,
        }
    }

    async fn try_grants(&mut self, deeds: &[Deed]) -> Result<(), StoreError> {
        for deed in deeds {
            self.may_do(*deed).await?;
        }
        if !self.journal_is_current().await? {
            return self.may_create().await;
        }
        for statement in [sql!("may_write_run"), sql!("may_enter_run"), sql!("may_record")] {
            let statement = self.names.statement(statement, &[]);
            self.connection.write("the journal could not be written", statement).await?;
        }
        Ok(())
    }

    async fn may_do(&mut self, deed: Deed) -> Result<(), StoreError> {
        let (names, what) = (&self.names, format!("{} could not be changed", deed.changes().table));
        let statements = match deed {
            Deed::Rewrite(target) => vec![names.about(target, sql!("may_update"), &[])],
            Deed::Remove(target) => {
                vec![names.about(target, sql!("may_update"), &[]), names.about(target, sql!("may_delete"), &[])]
            }
            Deed::Carry(route) => {
                let fills = [("owners", Fill::Table(route.owners)), ("into", Fill::Table(&route.to.table))];
                vec![may_carry(names, route), names.statement(sql!("may_look_up"), &fills)]
            }
        };
        for statement in statements {
            self.connection.write(&what, statement).await?;
        }
        match deed {
            Deed::Carry(route) => self.may_number(route).await,
            Deed::Rewrite(_) | Deed::Remove(_) => Ok(()),
        }
    }

    /// Makes sure that new rows come to their ids.
    async fn may_number(&mut self, route: &Route) -> Result<(), StoreError> {
        let table = &route.to.table;
        let Some((sequence, may_use)) = self.sequence(route).await? else { return Ok(()) };
        if !may_use {
            let what = format!("the role may not use {sequence}, from which {table} takes its ids");
            return Err(StoreError::new(Trouble::Denied, what));
        }
        let question = include_str!("sql/postgres/sequence_is_behind.sql");
        let fills = [("sequence", text(&sequence)), ("into", Fill::Table(table))];
        let statement = self.names.statement(question, &fills);
        let what = format!("{sequence} could not be looked at");
        if !self.connection.says_yes(&what, statement).await? {
            return Ok(());
        }
        let what = format!("{sequence} would give ids that {table} has already, to Airflow as well");
        let table = self.names.table(table);
        Err(StoreError::new(Trouble::Broken, what).hint(format!(
            "let it go on behind them:\n    SELECT setval('{sequence}', (SELECT MAX(id) FROM {table}));"
        )))
    }

    /// The sequence that new rows take their ids from, and whether the role may use it. Only PostgreSQL has them.
    async fn sequence(&mut self, route: &Route) -> Result<Option<(String, bool)>, StoreError> {
        if self.names.dialect != Dialect::Postgres {
            return Ok(None);
        }
        let table = self.names.table(&route.to.table);
        let question = include_str!("sql/postgres/sequence.sql");
        let statement = self.names.statement(question, &[("table_text", text(&table))]);
        let sequence = |cells: &dyn Cells| {
            let may_use = cells.says_yes(1)?;
            Ok(cells.owned(0)?.map(|sequence| (sequence, may_use)))
        };
        self.connection.one("the role's privileges could not be read", statement, sequence).await
    }

    /// Only PostgreSQL can be asked whether tables may be made. Elsewhere making them tells.
    async fn may_create(&mut self) -> Result<(), StoreError> {
        if self.names.dialect != Dialect::Postgres {
            return Ok(());
        }
        let schema = &self.names.schema;
        let question = include_str!("sql/postgres/may_create.sql");
        let statement = self.names.statement(question, &[("schema", text(schema))]);
        if self.connection.says_yes("the role's privileges could not be read", statement).await? {
            return Ok(());
        }
        let what = format!("the role may not make the journal's tables in the schema {}", self.names.quoted(schema));
        Err(StoreError::new(Trouble::Denied, what))
    }

    /// Adds to an error that the role may not do something all that a run needs.
    pub(super) async fn with_grants(&mut self, error: StoreError, deeds: &[Deed]) -> StoreError {
        if error.hint.is_some() {
            // The whole server is closed to changes, and no grant opens it.
            return error;
        }
        if self.names.dialect == Dialect::Sqlite {
            return error.hint("the user who runs this needs to be able to write the file and its folder");
        }
        let sees_journal = self.sees_journal().await.unwrap_or(false);
        let role = self.role().await;
        let mut grants = self.grants(deeds, &role, sees_journal);
        for deed in deeds {
            if let Deed::Carry(route) = deed
                && let Ok(Some((sequence, false))) = self.sequence(route).await
            {
                grants.push(format!("GRANT USAGE ON SEQUENCE {sequence} TO {role};"));
            }
        }
        let mut told = HashSet::new();
        grants.retain(|grant| told.insert(grant.clone()));
        error.hint(format!("what a run needs, to be granted by someone who may:\n    {}", grants.join("\n    ")))
    }

    fn grants(&self, deeds: &[Deed], role: &str, sees_journal: bool) -> Vec<String> {
        let on_table =
            |privileges: &str, table: &str| format!("GRANT {privileges} ON {} TO {role};", self.names.table(table));
        let needed = deeds.iter().flat_map(|deed| needed(*deed));
        let mut grants: Vec<String> = needed.map(|(privileges, table)| on_table(privileges, table)).collect();
        match self.names.dialect {
            Dialect::Postgres if sees_journal => {
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
        let role =
            self.connection.one("the role's own name could not be read", statement, |cells| cells.owned(0)).await;
        role.ok().flatten().unwrap_or_else(|| "<role>".to_owned())
    }
}

/// What a role must be allowed to do with which tables.
fn needed(deed: Deed) -> Vec<(&'static str, &'static str)> {
    match deed {
        Deed::Rewrite(target) => vec![("SELECT, UPDATE", &target.table)],
        // A lock counts as an update.
        Deed::Remove(target) => vec![("SELECT, UPDATE, DELETE", &target.table)],
        Deed::Carry(route) => {
            vec![("SELECT", &route.from.table), ("SELECT, INSERT", &route.to.table), ("SELECT", route.owners)]
        }
    }
}
