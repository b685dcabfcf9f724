//! Windows: the rows of a table in key order, so many at a time.

use std::sync::Arc;

use super::catalog::{SqlStore, rows};
use super::connection::{self, Connection, Transaction};
use super::driver::{Access, Cells};
use super::error::failed;
use super::location::Location;
use super::source::{facts, key, value_index};
use super::statement::{Fill, Names, integer, sql};
use crate::domain::judge::Stored;
use crate::domain::repair::Capacity;
use crate::domain::target::{Key, Target};
use crate::engine::made::Made;
use crate::engine::store::{Besides, EachRow, Facts, Known, Reconnect, Row, Span, StoreError, Windows};

/// The windows of a database, on a connection of their own that only reads.
pub struct SqlWindows {
    location: Location,
    names: Names,
    capacity: Capacity,
    made: Arc<Made>,
    /// Missing before the first window, and after a failure.
    connection: Option<Connection>,
}

impl SqlWindows {
    pub(super) fn of(store: &SqlStore) -> Self {
        let (location, names, made) = (store.location.clone(), store.names.clone(), store.made());
        Self { location, names, capacity: store.capacity, made, connection: None }
    }

    /// Reads on the connection, and gives it up when that fails: a COPY that does not begin leaves an answer behind that
    /// the driver would take for the next one's.
    async fn read<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Transaction<'_>, &Names) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.location, Access::Read).await?,
        };
        let names = &self.names;
        let done = connection.within(Access::Read, async |read| work(read, names).await).await?;
        self.connection = Some(connection);
        Ok(done)
    }
}

impl Reconnect for SqlWindows {
    async fn reconnect(&mut self) -> Result<(), StoreError> {
        self.connection = Some(Connection::open(&self.location, Access::Read).await?);
        Ok(())
    }
}

impl Windows for SqlWindows {
    async fn window(
        &mut self,
        target: &'static Target,
        span: Span<'_>,
        each: &mut EachRow<'_>,
    ) -> Result<Option<Key>, StoreError> {
        self.read(async |read, names| window(read, names, target, span, each).await).await
    }

    async fn boundary(&mut self, target: &'static Target, span: Span<'_>) -> Result<Option<Key>, StoreError> {
        self.read(async |read, names| {
            let statement = names.about(target, sql!("boundary"), &fills(span));
            read.one(&unread(target), statement, |cells| key(cells, target).map(Some)).await
        })
        .await
    }
}

impl Known for SqlWindows {
    fn made(&self) -> Arc<Made> {
        Arc::clone(&self.made)
    }

    fn capacity(&self) -> Capacity {
        self.capacity
    }
}

/// Reads a window. PostgreSQL copies it out: it and the driver have less to do for each row then.
async fn window(
    read: &mut Transaction<'_>,
    names: &Names,
    target: &'static Target,
    span: Span<'_>,
    each: &mut EachRow<'_>,
) -> Result<Option<Key>, StoreError> {
    let template = match span.besides {
        Besides::Nothing => sql!("window"),
        Besides::Facts => sql!("window_with_facts"),
    };
    let (what, fills) = (unread(target), fills(span));
    let mut handing = Handing { target, span, each, seen: 0, last: None };
    let mut hand_over = |cells: &dyn Cells| handing.over(cells);
    match read {
        Transaction::Postgres(read) => {
            connection::copy(read, &what, &names.written_out(target, template, &fills), &mut hand_over).await?;
        }
        read => read.query(&what, names.about(target, template, &fills), &mut hand_over).await?,
    }
    Ok(handing.last)
}

/// What the statements about a span are filled with.
pub(super) fn fills(span: Span<'_>) -> [(&'static str, Fill<'_>); 5] {
    let before_last = ("rows_before_last", integer(span.rows.saturating_sub(1)));
    let since = ("since", Fill::WrittenSince(span.since));
    [("behind", Fill::Behind(span.after)), ("within", Fill::Within(span.until)), since, rows(span.rows), before_last]
}

fn unread(target: &Target) -> String {
    format!("rows of {} could not be read", target.table)
}

/// Hands the rows of a window over, and remembers where it ends.
struct Handing<'h> {
    target: &'static Target,
    span: Span<'h>,
    each: &'h mut EachRow<'h>,
    seen: u32,
    last: Option<Key>,
}

impl Handing<'_> {
    fn over(&mut self, cells: &dyn Cells) -> Result<(), StoreError> {
        let row = KeyedRow::new(cells, self.target, self.span.besides)?;
        self.seen += 1;
        if self.seen == self.span.rows {
            self.last = Some(row.key()?);
        }
        (self.each)(&row)
    }
}

/// A row of a window, or one that was looked up.
pub(super) struct KeyedRow<'r> {
    cells: &'r dyn Cells,
    target: &'static Target,
    value: Stored<'r>,
    besides: Besides,
}

impl<'r> KeyedRow<'r> {
    pub fn new(cells: &'r dyn Cells, target: &'static Target, besides: Besides) -> Result<Self, StoreError> {
        let value = cells.value(value_index(target, besides)).map_err(|error| unreadable(target, error))?;
        Ok(Self { cells, target, value, besides })
    }
}

impl Row for KeyedRow<'_> {
    fn value(&self) -> Stored<'_> {
        self.value
    }

    fn key(&self) -> Result<Key, StoreError> {
        key(self.cells, self.target).map_err(|error| unreadable(self.target, error))
    }

    fn facts(&self) -> Result<Option<Facts>, StoreError> {
        match self.besides {
            Besides::Nothing => Ok(None),
            Besides::Facts => facts(self.cells, self.target).map(Some).map_err(|error| unreadable(self.target, error)),
        }
    }
}

fn unreadable(target: &Target, error: sqlx::Error) -> StoreError {
    failed(&format!("a row of {} could not be read", target.table), error)
}
