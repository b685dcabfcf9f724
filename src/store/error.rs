//! From what a driver says to what the engine decides by.

use std::error::Error;
use std::io::ErrorKind;

use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

use super::sqlite::reading;
use crate::engine::store::{StoreError, Trouble};

/// A failure while talking to the database.
pub(super) fn failed(what: &str, error: sqlx::Error) -> StoreError {
    told(trouble(&error), what, error)
}

fn told(trouble: Trouble, what: &str, error: sqlx::Error) -> StoreError {
    let hint = way_out(&error).map(str::to_owned);
    StoreError { trouble, what: what.to_owned(), hint, source: Some(cause(trouble, error)) }
}

/// As [`failed`], while values are written or a commit looks at what was written. A database that fails in a way of
/// nobody else's does not take a value: a trigger may give any code it likes. What is said then may quote the value.
pub(super) fn failed_on_values(what: &str, error: sqlx::Error) -> StoreError {
    match (trouble(&error), &error) {
        (Trouble::Other, sqlx::Error::Database(_)) => told(Trouble::Refused, what, error),
        (Trouble::Other, _) => StoreError::new(Trouble::Other, what),
        (trouble, _) => told(trouble, what, error),
    }
}

/// A failure to make a connection. A SQLite file may be locked while it is opened.
pub(super) fn unreachable(what: String, error: sqlx::Error) -> StoreError {
    let hint = hint(&error).to_owned();
    let trouble = if trouble(&error) == Trouble::Contended { Trouble::Contended } else { Trouble::Unreachable };
    StoreError { trouble, what, hint: Some(hint), source: Some(cause(trouble, error)) }
}

/// A failure that some library of the driver's reports in its own words.
pub(super) fn other(what: &str, error: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError { trouble: Trouble::Other, what: what.to_owned(), hint: None, source: Some(Box::new(error)) }
}

/// What the database itself said: its words and its code, without the driver's additions.
#[derive(Debug, thiserror::Error)]
#[error("{message} ({code})")]
struct Said {
    message: String,
    code: String,
}

fn cause(trouble: Trouble, error: sqlx::Error) -> Box<dyn Error + Send + Sync> {
    match error {
        sqlx::Error::Database(database) => Box::new(Said {
            // What a database says of a value that it refuses may quote the value.
            message: match trouble {
                Trouble::Refused => "the database refused a value".to_owned(),
                _ => database.message().to_owned(),
            },
            code: database.code().map_or_else(|| "no code".to_owned(), Into::into),
        }),
        // The driver says of these what its cause says, too.
        sqlx::Error::Io(error) => Box::new(error),
        sqlx::Error::Tls(error) => error,
        error => Box::new(error),
    }
}

fn trouble(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => Trouble::Lost,
        sqlx::Error::Database(database) => {
            if let Some(postgres) = database.try_downcast_ref::<PgDatabaseError>() {
                by_sqlstate(postgres.code())
            } else if let Some(mysql) = database.try_downcast_ref::<MySqlDatabaseError>() {
                by_mysql_number(mysql.number())
            } else if is_of_sqlite(database.as_ref()) {
                by_sqlite_code(database.code().and_then(|code| code.parse().ok()).unwrap_or_default())
            } else {
                Trouble::Other
            }
        }
        _ => Trouble::Other,
    }
}

/// Whether SQLite said it, through whichever of the two libraries.
fn is_of_sqlite(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<SqliteError>().is_some() || error.try_downcast_ref::<reading::Said>().is_some()
}

/// What the user can do about troubles that are the same whatever is being done.
fn way_out(error: &sqlx::Error) -> Option<&'static str> {
    const READ_ONLY: &str =
        "this server takes no changes: if it is a standby or a replica, name its primary in the URL, else let it write";
    const FULL: &str = "make room on the disk that holds the database; whole chunks are done and nothing is half done, \
                        and running it again goes on";
    let sqlx::Error::Database(database) = error else { return None };
    if let Some(postgres) = database.try_downcast_ref::<PgDatabaseError>() {
        return match postgres.code() {
            "25006" => Some(READ_ONLY),
            "53100" => Some(FULL),
            _ => None,
        };
    }
    if let Some(mysql) = database.try_downcast_ref::<MySqlDatabaseError>() {
        return match mysql.number() {
            1290 | 1792 | 1836 => Some(READ_ONLY),
            1021 | 1114 => Some(FULL),
            _ => None,
        };
    }
    (database.code().as_deref() == Some("13")).then_some(FULL)
}

/// PostgreSQL's error codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn by_sqlstate(code: &str) -> Trouble {
    match code {
        "42501" | "25006" => Trouble::Denied,
        // The last is a statement that took longer than a second or than the role may take.
        "40001" | "40P01" | "55P03" | "57014" => Trouble::Contended,
        // The server ended a transaction that did nothing, or lasted, for too long, and its connection.
        "25P03" | "25P04" => Trouble::Lost,
        "42P01" | "3F000" => Trouble::Missing,
        // The server lacks something, such as room on its disk, cannot read or write, or contradicts itself.
        _ if ["53", "58", "XX"].iter().any(|class| code.starts_with(class)) => Trouble::Broken,
        // Data exceptions, violated constraints, limits of the program, what a trigger raises.
        _ if ["22", "23", "44", "54", "P0"].iter().any(|class| code.starts_with(class)) => Trouble::Refused,
        _ if code.starts_with("08") || code.starts_with("57P") => Trouble::Lost,
        _ => Trouble::Other,
    }
}

/// MySQL's error numbers: <https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html>.
fn by_mysql_number(number: u16) -> Trouble {
    match number {
        // Access to a database, a table, a column or a routine denied; a privilege missing; the server is read-only.
        1044 | 1142 | 1143 | 1227 | 1290 | 1370 | 1792 | 1836 => Trouble::Denied,
        // Lock wait timeout, deadlock; a statement that was ended or took too long; a table that changed meanwhile.
        // Or a commit that did not get past the other servers of a group.
        1020 | 1205 | 1213 | 1317 | 1412 | 1615 | 1969 | 3024 | 3101 => Trouble::Contended,
        1146 | 1049 => Trouble::Missing,
        // The disk is full, or what the server may use of it; the storage engine fails, or a commit.
        1021 | 1026 | 1030 | 1114 | 1180 | 3100 => Trouble::Broken,
        // Too long, out of range, not in the column's character set, a violated constraint, what a trigger signals.
        1048 | 1062 | 1264 | 1265 | 1292 | 1366 | 1406 | 1451 | 1452 | 1644 | 3140 | 3141 | 3819 | 4025 => {
            Trouble::Refused
        }
        // The server shuts down, the connection was killed or was idle for too long.
        1047 | 1053 | 1158..=1161 | 1927 | 2006 | 2013 | 3032 | 4031 => Trouble::Lost,
        _ => Trouble::Other,
    }
}

/// SQLite's result codes, of which the low byte tells the kind: <https://www.sqlite.org/rescode.html>.
fn by_sqlite_code(code: u32) -> Trouble {
    match code & 0xff {
        // SQLITE_PERM, SQLITE_READONLY, SQLITE_AUTH.
        3 | 8 | 23 => Trouble::Denied,
        // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL.
        5 | 6 | 15 => Trouble::Contended,
        // SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH.
        18..=20 => Trouble::Refused,
        // SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_NOTADB.
        10 | 11 | 13 | 14 | 26 => Trouble::Broken,
        _ => Trouble::Other,
    }
}

/// What a user can do when no connection comes about.
fn hint(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Io(error) if error.kind() == ErrorKind::NotFound => {
            "check the files that the URL names: certificates, keys, the server's socket"
        }
        // How the TLS library says that it does not believe the server.
        sqlx::Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
            "check the server's certificate: whether the authority's is the one that the URL names (sslrootcert, for \
             MySQL ssl_ca), and whether it is for the host of the URL"
        }
        sqlx::Error::Io(_) => "check that the server runs and that host and port are right",
        sqlx::Error::Tls(_) => {
            "check that the server offers TLS, and what the URL asks for (sslmode, sslrootcert; for MySQL ssl_mode, ssl_ca)"
        }
        sqlx::Error::Database(error) if is_of_sqlite(error.as_ref()) => {
            "check that the path of the URL leads to Airflow's database; a database in WAL mode needs a folder that can \
             be written, even to be read"
        }
        sqlx::Error::Database(_) => "check the user, the password and the database name of the URL",
        // What sqlx says when MySQL wants a password in a form for which it has no RSA.
        sqlx::Error::Configuration(_) => "connect with TLS, which every way of logging in can do: ?ssl_mode=REQUIRED",
        _ => "check the URL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_mean_try_again_are_told_from_those_that_do_not() {
        let cases = [
            (by_sqlstate("40P01"), Trouble::Contended),
            (by_sqlstate("55P03"), Trouble::Contended),
            (by_sqlstate("57P01"), Trouble::Lost),
            (by_sqlstate("42501"), Trouble::Denied),
            (by_sqlstate("25P03"), Trouble::Lost),
            (by_sqlstate("22021"), Trouble::Refused),
            (by_sqlstate("23514"), Trouble::Refused),
            (by_sqlstate("42601"), Trouble::Other),
            (by_sqlstate("53100"), Trouble::Broken),
            (by_sqlstate("58030"), Trouble::Broken),
            (by_mysql_number(1213), Trouble::Contended),
            (by_mysql_number(1142), Trouble::Denied),
            (by_mysql_number(1406), Trouble::Refused),
            (by_mysql_number(1064), Trouble::Other),
            (by_mysql_number(3101), Trouble::Contended),
            (by_mysql_number(1180), Trouble::Broken),
            (by_mysql_number(3032), Trouble::Lost),
            (by_sqlite_code(5), Trouble::Contended),
            (by_sqlite_code(517), Trouble::Contended),
            (by_sqlite_code(1032), Trouble::Denied),
            (by_sqlite_code(13), Trouble::Broken),
            (by_sqlite_code(1811), Trouble::Refused),
            (by_sqlite_code(1), Trouble::Other),
        ];
        for (index, (found, expected)) in cases.into_iter().enumerate() {
            assert_eq!(found, expected, "case {index}");
        }
    }
}
