//! The driver for MySQL and MariaDB.

use sqlx::mysql::{MySqlArguments, MySqlConnectOptions, MySqlConnection, MySqlRow, MySqlSslMode};
use sqlx::{Arguments as _, ConnectOptions as _, Executor as _, MySql, Row as _, TypeInfo as _, ValueRef as _};

use super::driver::{Access, Cells, Driver};
use super::error::{failed, unreachable};
use super::location::{Host, Location, TlsMode};
use super::statement::Param;
use crate::domain::judge::Stored;
use crate::domain::repair::Capacity;
use crate::domain::target::ColumnType;
use crate::engine::store::StoreError;

/// What the columns of Airflow's values hold, which are MEDIUMTEXT.
pub(super) const MEDIUMTEXT: Capacity = Capacity::bytes((1 << 24) - 1);

/// What a statement with one long value needs besides it.
const STATEMENT_OVERHEAD: u64 = 64 * 1024;

/// Waiting for a lock ends after a second, be it on rows or on a table, and nobody's gaps between rows are locked, as
/// with Airflow itself. A value that does not fit must be an error: without a strict mode the server would cut it off.
/// Other modes of the server's change what statements mean, so none is kept. Should this process be stopped in the middle
/// of a chunk, MariaDB gives its locks back by itself; and it makes no table of a long list of keys, of which it might
/// lock more rows than have these.
const SESSION: &str = "SET SESSION innodb_lock_wait_timeout = 1, SESSION lock_wait_timeout = 1, \
    /*M!100300 SESSION idle_transaction_timeout = 20, */ \
    /*M!100307 SESSION in_predicate_conversion_threshold = 0, */ \
    SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'; \
    SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";

/// So many statements stay prepared: more than there are, each in all its lengths.
const STATEMENTS: usize = 200;

pub(super) async fn connect(location: &Location) -> Result<MySqlConnection, StoreError> {
    let what = || format!("no connection to {location}");
    let mut connection = options(location).connect().await.map_err(|error| unreachable(what(), error))?;
    connection.execute(SESSION).await.map_err(|error| failed("the session could not be set up", error))?;
    Ok(connection)
}

fn options(location: &Location) -> MySqlConnectOptions {
    let mut options = MySqlConnectOptions::new()
        .pipes_as_concat(false)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    options = match &location.host {
        Host::Tcp { host, port } => options.host(host).port(*port),
        Host::Socket { path, .. } => options.socket(path),
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

fn with_tls(options: MySqlConnectOptions, location: &Location) -> MySqlConnectOptions {
    let tls = &location.tls;
    let mut options = options.ssl_mode(match tls.mode {
        TlsMode::Disable => MySqlSslMode::Disabled,
        TlsMode::Allow | TlsMode::Prefer => MySqlSslMode::Preferred,
        TlsMode::Require => MySqlSslMode::Required,
        TlsMode::VerifyCa => MySqlSslMode::VerifyCa,
        TlsMode::VerifyFull => MySqlSslMode::VerifyIdentity,
    });
    if let Some(root) = &tls.root_cert {
        options = options.ssl_ca(root);
    }
    if let Some(certificate) = &tls.client_cert {
        options = options.ssl_client_cert(certificate);
    }
    if let Some(key) = &tls.client_key {
        options = options.ssl_client_key(key);
    }
    options
}

pub(super) fn begin(access: Access) -> &'static str {
    match access {
        Access::Read => "START TRANSACTION READ ONLY",
        Access::Write => "START TRANSACTION",
    }
}

/// The longest value that fits into one statement.
pub(super) const fn capacity(max_allowed_packet: u64) -> Capacity {
    Capacity::bytes(max_allowed_packet.saturating_sub(STATEMENT_OVERHEAD))
}

impl Driver for MySql {
    // Nothing answers the packet that closes a statement, so on a TCP connection whose small packets are delayed, as
    // sqlx leaves them, the next one would wait 40 ms for an acknowledgement.
    const KEEPS_STATEMENTS: bool = true;

    fn arguments(params: &[Param<'_>]) -> Result<MySqlArguments, sqlx::Error> {
        let mut arguments = MySqlArguments::default();
        for param in params {
            match param {
                Param::Integer(integer) => arguments.add(integer),
                Param::Text(text) => arguments.add(text),
                Param::Null => arguments.add(None::<&str>),
                Param::Integers(_) | Param::Texts(_) => {
                    unreachable!("MySQL has no arrays, and its SQL asks for none")
                }
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }

    fn matched(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}

impl Cells for MySqlRow {
    fn integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        self.try_get_unchecked(index)
    }

    fn text(&self, index: usize) -> Result<Option<&str>, sqlx::Error> {
        self.try_get_unchecked(index)
    }

    fn value(&self, index: usize) -> Result<Stored<'_>, sqlx::Error> {
        self.try_get_unchecked(index).map(Stored::Text)
    }

    fn insist(&self, index: usize, wanted: ColumnType) -> Result<(), sqlx::Error> {
        let unsigned = self.try_get_raw(index)?.type_info().name() == "BIGINT UNSIGNED";
        if wanted == ColumnType::Integer && unsigned {
            let key: u64 = self.try_get_unchecked(index)?;
            i64::try_from(key).map_err(|_| sqlx::Error::Decode("a key is larger than 2^63 - 1".into()))?;
        }
        Ok(())
    }
}
