//! The PostgreSQL driver.
//!
//! Nothing here outlives a transaction: no named prepared statement, no session setting, no session lock, no startup
//! parameter that PgBouncer would refuse. A pooler in transaction mode must not notice us.

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow, PgSslMode};
use sqlx::{Arguments as _, ConnectOptions as _, Postgres, Row as _};

use super::driver::{Access, Cells, Driver};
use super::error::unreachable;
use super::location::{Host, Location, TlsMode};
use super::statement::Param;
use crate::domain::judge::Stored;
use crate::engine::store::StoreError;

pub(super) mod copy;

pub(super) async fn connect(location: &Location) -> Result<PgConnection, StoreError> {
    let options = options(location);
    let what = || format!("no connection to {location}");
    options.connect().await.map_err(|error| unreachable(what(), error))
}

/// The environment's `PG…` variables fill in what the URL leaves open. The password file does not: sqlx would look it
/// up before it knows the host and the user of the URL, and might send another server's password.
fn options(location: &Location) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass()
        .application_name("statemend")
        .extra_float_digits(None)
        // For the migrator's statements, which could otherwise not be taken back. Ours have no names.
        .statement_cache_capacity(16)
        .disable_statement_logging();
    options = match &location.host {
        Host::Tcp { host, port } => options.host(host).port(*port),
        Host::Socket { path, port } => options.socket(path).port(*port),
        Host::Unspecified { port } => options.port(*port),
        Host::File(_) => options,
    };
    if let Some(user) = &location.user {
        options = options.username(user);
    }
    if let Some(password) = &location.password {
        options = options.password(password.reveal());
    }
    if let Some(database) = &location.database {
        options = options.database(database);
    }
    with_tls(options, location)
}

fn with_tls(options: PgConnectOptions, location: &Location) -> PgConnectOptions {
    let tls = &location.tls;
    let mut options = match tls.mode {
        // What applies when the URL says nothing; PGSSLMODE may ask for more, as it does of libpq.
        TlsMode::Prefer => options,
        TlsMode::Disable => options.ssl_mode(PgSslMode::Disable),
        TlsMode::Allow => options.ssl_mode(PgSslMode::Allow),
        TlsMode::Require => options.ssl_mode(PgSslMode::Require),
        TlsMode::VerifyCa => options.ssl_mode(PgSslMode::VerifyCa),
        TlsMode::VerifyFull => options.ssl_mode(PgSslMode::VerifyFull),
    };
    if let Some(root) = &tls.root_cert {
        options = options.ssl_root_cert(root);
    }
    if let Some(certificate) = &tls.client_cert {
        options = options.ssl_client_cert(certificate);
    }
    if let Some(key) = &tls.client_key {
        options = options.ssl_client_key(key);
    }
    options
}

/// How plans are made. All that is asked of a table is a walk along an index that is broken off, or the rows with some
/// keys. Where those are many, or a server has no statistics, as after a restore, it might read the whole table instead,
/// and do so again for each window. With that ruled out a plan may look expensive, and compiling it would take 200 ms.
macro_rules! by_index {
    () => {
        "; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; \
         SET LOCAL enable_mergejoin = off; SET LOCAL jit = off"
    };
}

pub(super) fn begin(access: Access) -> &'static str {
    match access {
        // A window might be fetched and sorted: not it alone, but all that is left of the table.
        Access::Read => concat!(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SET LOCAL lock_timeout = '1s'; SET LOCAL enable_sort = off",
            by_index!()
        ),
        // Under this isolation a locked row is read as it is once its lock is ours. Waiting for a lock ends after a
        // second, and a statement after fifteen. Should this process be stopped in the middle, the server gives the
        // locks back by itself.
        Access::Write => concat!(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '1s'; \
             SET LOCAL statement_timeout = '15s'; SET LOCAL idle_in_transaction_session_timeout = '20s'",
            by_index!()
        ),
    }
}

impl Driver for Postgres {
    const KEEPS_STATEMENTS: bool = false;

    fn arguments(params: &[Param<'_>]) -> Result<PgArguments, sqlx::Error> {
        let mut arguments = PgArguments::default();
        for param in params {
            match param {
                Param::Integer(integer) => arguments.add(integer),
                Param::Text(text) => arguments.add(text),
                Param::Null => arguments.add(None::<&str>),
                Param::Integers(integers) => arguments.add(integers),
                Param::Texts(texts) => arguments.add(texts),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }

    fn matched(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}

impl Cells for PgRow {
    fn integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        use sqlx::ValueRef as _;
        let value = self.try_get_raw(index)?;
        if value.is_null() {
            return Ok(None);
        }
        value.as_bytes().map(|bytes| Some(big_endian(bytes))).map_err(sqlx::Error::Decode)
    }

    fn text(&self, index: usize) -> Result<Option<&str>, sqlx::Error> {
        self.try_get_unchecked(index)
    }

    fn value(&self, index: usize) -> Result<Stored<'_>, sqlx::Error> {
        self.try_get_raw(index)?.as_bytes().map(Stored::Text).map_err(sqlx::Error::Decode)
    }
}

/// An integer as it arrives. Columns are integer or bigint, booleans answer questions, each in its own width.
fn big_endian(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|&first| first >= 0x80) { -1 } else { 0 };
    bytes.iter().fold(sign, |integer, &byte| integer << 8 | i64::from(byte))
}
