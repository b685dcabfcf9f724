//! Reading: upper bounds and identities, and what the columns of a row say.

use std::sync::Arc;

use super::carry;
use super::catalog::SqlStore;
use super::connection::{Connection, Transaction};
use super::driver::{Access, Cells};
use super::location::Dialect;
use super::statement::{Fill, sql, text};
use super::windows::{KeyedRow, SqlWindows, fills};
use crate::domain::carry::Route;
use crate::domain::judge::Stored;
use crate::domain::repair::Capacity;
use crate::domain::target::{Column, ColumnType, Identity, Key, Scalar, Target};
use crate::engine::made::Made;
use crate::engine::store::{
    Besides, Candidate, EachRow, Facts, Known, LockedRow, Older, OwnedValue, Reconnect, Source, Span, StoreError,
    Trouble,
};

impl Reconnect for SqlStore {
    async fn reconnect(&mut self) -> Result<(), StoreError> {
        self.connection = Connection::open(&self.location, self.access).await?;
        Ok(())
    }
}

impl Known for SqlStore {
    fn made(&self) -> Arc<Made> {
        Arc::clone(&self.made)
    }

    fn capacity(&self) -> Capacity {
        self.capacity
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
        self.connection.one(&what, statement, |cells| key(cells, target).map(Some)).await
    }

    async fn estimate(&mut self, target: &'static Target) -> Result<Option<u64>, StoreError> {
        let table = self.names.table(&target.table);
        let schema = &self.names.schema;
        let fills = [("table_text", text(&table)), ("schema", text(schema)), ("name", text(&target.table))];
        // The template's own {table} is an identifier; the text form is only for PostgreSQL's to_regclass.
        let statement = self.names.about(target, sql!(self.names.dialect, "estimate"), &fills);
        let what = format!("the rows of {} could not be estimated", target.table);
        let estimate = self.connection.one(&what, statement, |cells| cells.integer(0)).await?;
        Ok(estimate.and_then(|rows| u64::try_from(rows).ok()))
    }

    async fn look_up(
        &mut self,
        target: &'static Target,
        keys: &[Key],
        each: &mut EachRow<'_>,
    ) -> Result<(), StoreError> {
        let names = &self.names;
        let what = format!("rows of {} could not be looked up", target.table);
        let mut hand_over = |cells: &dyn Cells| each(&KeyedRow::new(cells, target, Besides::Facts)?);
        let query = async |read: &mut Transaction<'_>| {
            for keys in keys.chunks(keys_at_once(names.dialect, target.key.len())) {
                let key_in = ("key_in", Fill::KeyIn(keys.iter().collect()));
                read.query(&what, names.about(target, sql!("look_up"), &[key_in]), &mut hand_over).await?;
            }
            Ok(())
        };
        self.connection.within(Access::Read, query).await
    }

    async fn identify(&mut self, target: &'static Target, keys: &[Key]) -> Result<Vec<(Key, Facts)>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let names = &self.names;
        let what = format!("rows of {} could not be identified", target.table);
        let both = |cells: &dyn Cells| Ok((key(cells, target)?, facts(cells, target)?));
        let identify = async |read: &mut Transaction<'_>| {
            let mut found = Vec::with_capacity(keys.len());
            for keys in keys.chunks(keys_at_once(names.dialect, target.key.len())) {
                let key_in = ("key_in", Fill::KeyIn(keys.iter().collect()));
                found.extend(read.rows(&what, names.about(target, sql!("identify"), &[key_in]), both).await?);
            }
            Ok(found)
        };
        self.connection.within(Access::Read, identify).await
    }

    async fn recall(&mut self, targets: &[&'static Target]) -> Result<(), StoreError> {
        let made = match self.read_made(targets).await {
            // Whoever may change rows may read the journal. Others may still look at the state.
            Err(error) if error.trouble == Trouble::Denied => {
                tracing::warn!("what earlier runs have made of strings is taken for strings: {error}");
                Made::default()
            }
            read => read?,
        };
        self.made = Arc::new(made);
        Ok(())
    }

    async fn count_rows_of_lists(&mut self, target: &'static Target, lists: &[&[Scalar]]) -> Result<u64, StoreError> {
        let names = &self.names;
        let what = format!("rows of {} could not be counted", target.table);
        let count = async |read: &mut Transaction<'_>| {
            let mut total = 0;
            for lists in lists.chunks(lists_at_once(names.dialect)) {
                let list_in = ("list_in", Fill::ListIn(lists.to_vec()));
                let statement = names.about(target, sql!("count_rows_of_lists"), &[list_in]);
                let rows = read.one(&what, statement, |cells| cells.integer(0)).await?;
                total += rows.unwrap_or_default().unsigned_abs();
            }
            Ok(total)
        };
        self.connection.within(Access::Read, count).await
    }
}

impl Older for SqlStore {
    async fn lengths(&mut self, target: &'static Target, span: Span<'_>) -> Result<Vec<(Key, u64)>, StoreError> {
        let statement = self.names.about(target, sql!("lengths"), &fills(span));
        let what = format!("rows of {} could not be looked for", target.table);
        let length = |cells: &dyn Cells| {
            let length = cells.integer(target.key.len())?.unwrap_or_default();
            Ok((key(cells, target)?, length.unsigned_abs()))
        };
        self.connection.rows(&what, statement, length).await
    }

    async fn candidates(&mut self, route: &'static Route, keys: &[Key]) -> Result<Vec<Candidate>, StoreError> {
        let names = &self.names;
        let look = async |read: &mut Transaction<'_>| carry::candidates(read, names, route, keys).await;
        self.connection.within(Access::Read, look).await
    }
}

/// How many keys one statement asks for that have so many columns: PostgreSQL takes arrays of any length, the others
/// bind every part of every one, and there is no other machine that would be asked again for more of SQLite's. MySQL
/// compares several columns by a chain of ORs, over which MariaDB's optimizer thinks ever longer.
pub(super) fn keys_at_once(dialect: Dialect, columns: usize) -> usize {
    match (dialect, columns) {
        (Dialect::Postgres, _) => 100_000,
        (Dialect::MySql, 1) => 4_096,
        (Dialect::MySql, _) => 256,
        (Dialect::Sqlite, _) => 1_024,
    }
}

/// How many lists one statement asks for. SQLite goes twice through the rows of several; MariaDB compares each row with
/// half of the lists, and takes twice as long for 32 at once as for 16 and 16.
const fn lists_at_once(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Postgres => usize::MAX,
        Dialect::MySql => 16,
        Dialect::Sqlite => 1,
    }
}

/// The key of a row whose first columns are the key's.
pub(super) fn key(cells: &dyn Cells, target: &Target) -> Result<Key, sqlx::Error> {
    for (index, column) in target.key.iter().enumerate() {
        cells.insist(index, column.holds)?;
    }
    scalars(cells, &target.key, 0).map(Key)
}

/// How many columns the facts of a row take besides its identity's: when it was written, and when it expires.
const TIMES: usize = 2;

/// The facts of a row whose next columns they are.
pub(super) fn facts(cells: &dyn Cells, target: &Target) -> Result<Facts, sqlx::Error> {
    let identity = scalars(cells, &target.identity, target.key.len()).map(Identity)?;
    let times = target.key.len() + target.identity.len();
    Ok(Facts { identity, moment: cells.integer(times)?, expires_at: cells.integer(times + 1)? })
}

/// A row as `lock` reads it: its facts, its value, and when it was written.
pub(super) fn row(cells: &dyn Cells, target: &Target) -> Result<LockedRow, sqlx::Error> {
    let (value, written_at) = value_and_time(cells, value_index(target, Besides::Facts))?;
    Ok(LockedRow { key: key(cells, target)?, facts: facts(cells, target)?, value, written_at })
}

/// A value that stands in this place, and behind it the time at which it was written.
pub(super) fn value_and_time(cells: &dyn Cells, at: usize) -> Result<(OwnedValue, Option<String>), sqlx::Error> {
    let value = match cells.value(at)? {
        Stored::Text(bytes) => OwnedValue::Text(bytes.to_owned()),
        Stored::Blob(bytes) => OwnedValue::Blob(bytes.to_owned()),
    };
    Ok((value, cells.owned(at + 1)?))
}

/// Where the value stands in a row.
pub(super) fn value_index(target: &Target, besides: Besides) -> usize {
    match besides {
        Besides::Nothing => target.key.len(),
        Besides::Facts => target.key.len() + target.identity.len() + TIMES,
    }
}

pub(super) fn scalars(cells: &dyn Cells, columns: &[Column], first: usize) -> Result<Vec<Scalar>, sqlx::Error> {
    let scalar = |(index, column): (usize, &Column)| {
        Ok(match column.holds {
            ColumnType::Integer => cells.integer(index)?.map_or(Scalar::Null, Scalar::Integer),
            ColumnType::Text => cells.owned(index)?.map_or(Scalar::Null, Scalar::Text),
        })
    };
    (first..).zip(columns).map(scalar).collect()
}
