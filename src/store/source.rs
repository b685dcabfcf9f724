//! Reading: upper bounds and identities, and what the columns of a row say.

use super::catalog::SqlStore;
use super::connection::{Connection, Transaction};
use super::driver::{Access, Cells};
use super::location::Dialect;
use super::statement::{Fill, sql, text};
use super::windows::SqlWindows;
use crate::domain::target::{Column, ColumnType, Identity, Key, Scalar, Target};
use crate::engine::store::{Besides, Facts, Reconnect, Source, StoreError};

impl Reconnect for SqlStore {
    async fn reconnect(&mut self) -> Result<(), StoreError> {
        self.connection = Connection::open(&self.location, self.access).await?;
        Ok(())
    }
}

impl Source for SqlStore {
    type Windows = SqlWindows;

    fn windows(&self) -> SqlWindows {
        SqlWindows::of(self)
    }

    async fn last_key(&mut self, target: &'static Target) -> Result<Option<Key>, StoreError> {
        let statement = self.names.about(target, sql!("last_key"), &[]);
        let what = format!("the last key of {} could not be read", target.table);
        let keys = self.rows(&what, statement, |cells| key(cells, target)).await?;
        Ok(keys.into_iter().next())
    }

    async fn estimate(&mut self, target: &'static Target) -> Result<Option<u64>, StoreError> {
        let table = self.names.table(&target.table);
        let schema = self.names.schema.clone();
        let fills = [("table_text", text(&table)), ("schema", text(&schema)), ("name", text(&target.table))];
        // The template's own {table} is an identifier; the text form is only for PostgreSQL's to_regclass.
        let statement = self.names.about(target, sql!(self.names.dialect, "estimate"), &fills);
        let what = format!("the rows of {} could not be estimated", target.table);
        let estimates = self.rows(&what, statement, |cells| cells.integer(0)).await?;
        Ok(estimates.into_iter().flatten().next().and_then(|rows| u64::try_from(rows).ok()))
    }

    async fn identify(&mut self, target: &'static Target, keys: &[Key]) -> Result<Vec<(Key, Identity)>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let names = &self.names;
        let what = format!("rows of {} could not be identified", target.table);
        let both = |cells: &dyn Cells| Ok((key(cells, target)?, identity(cells, target)?));
        let identify = async |read: &mut Transaction<'_>| {
            let mut found = Vec::with_capacity(keys.len());
            for keys in keys.chunks(keys_at_once(names.dialect)) {
                let key_in = ("key_in", Fill::KeyIn(keys.iter().collect()));
                found.extend(read.rows(&what, names.about(target, sql!("identify"), &[key_in]), both).await?);
            }
            Ok(found)
        };
        self.connection.within(Access::Read, identify).await
    }
}

/// How many keys one statement asks for: PostgreSQL takes arrays of any length, the others bind every part of every key,
/// and there is no other machine that would be asked again for more of SQLite's.
pub(super) fn keys_at_once(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Postgres => 100_000,
        Dialect::MySql => 4_096,
        Dialect::Sqlite => 1_024,
    }
}

/// The key of a row whose first columns are the key's.
pub(super) fn key(cells: &dyn Cells, target: &Target) -> Result<Key, sqlx::Error> {
    for (index, column) in target.key.iter().enumerate() {
        cells.insist(index, column.holds)?;
    }
    scalars(cells, &target.key, 0).map(Key)
}

/// The identity of a row whose next columns are the identity's.
pub(super) fn identity(cells: &dyn Cells, target: &Target) -> Result<Identity, sqlx::Error> {
    scalars(cells, &target.identity, target.key.len()).map(Identity)
}

/// The facts of a row whose next columns they are.
pub(super) fn facts(cells: &dyn Cells, target: &Target) -> Result<Facts, sqlx::Error> {
    let moment = cells.integer(target.key.len() + target.identity.len())?;
    Ok(Facts { identity: identity(cells, target)?, moment })
}

/// Where the value stands in a row.
pub(super) fn value_index(target: &Target, besides: Besides) -> usize {
    match besides {
        Besides::Nothing => target.key.len(),
        Besides::Facts => target.key.len() + target.identity.len() + 1,
    }
}

fn scalars(cells: &dyn Cells, columns: &[Column], first: usize) -> Result<Vec<Scalar>, sqlx::Error> {
    let scalar = |(index, column): (usize, &Column)| {
        Ok(match column.holds {
            ColumnType::Integer => cells.integer(index)?.map_or(Scalar::Null, Scalar::Integer),
            ColumnType::Text => cells.text(index)?.map_or(Scalar::Null, |text| Scalar::Text(text.to_owned())),
        })
    };
    (first..).zip(columns).map(scalar).collect()
}
