//! Reads a database URL the way SQLAlchemy reads it, and says which [`Location`] it means.
//!
//! Airflow's configuration holds SQLAlchemy URLs, and people type plain ones (`postgres://`, `sqlite:FILE`); both come
//! in here. SQLAlchemy takes a URL apart with one regular expression that is not RFC 3986: a password may contain `/`,
//! `?` and `:`, `+` in a password is a plus, and a host is never decoded. A URL that works in Airflow must mean the
//! same here, so this module follows that expression and not the standard.
//!
//! What a URL contains is secret until it is parsed: an unescaped `@` is enough to make the tail of a password look
//! like a host. So no error quotes any part of a URL but the name of a dialect, of a driver or of a known option.

mod mysql;
mod options;
mod postgres;
mod search_path;
#[cfg(test)]
mod tests;

use percent_encoding::percent_decode_str;
use thiserror::Error;

use self::options::Options;
use crate::store::location::{Dialect, Location, Password};

/// Why a URL cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UrlError {
    /// There is no `dialect://` in front.
    #[error("this is not a database URL")]
    NotAUrl,
    /// A line break in the middle, usually from a command that prints more than the URL.
    #[error("the database URL contains a line break")]
    LineBreak,
    /// A database that Airflow's state tables cannot live in, or that statemend does not know.
    #[error("`{0}` databases are not supported")]
    Dialect(String),
    /// A supported database, through a driver whose URLs may mean something else.
    #[error("the driver `{driver}` for {dialect} is not known")]
    Driver {
        /// The database.
        dialect: Dialect,
        /// The name after the plus sign.
        driver: String,
    },
    /// An `@` after the one that ends the credentials: nearly always a password that is not percent-encoded.
    #[error("there is an unescaped `@` after the host in the database URL")]
    StrayAt,
    /// The host has characters that no host has.
    #[error("the host in the database URL is not a host name or an address")]
    Host,
    /// The port is not one.
    #[error("the port in the database URL is not a number from 1 to 65535")]
    Port,
    /// Several hosts to choose from.
    #[error("the database URL names several hosts")]
    ManyHosts,
    /// An option that may be given once is there twice.
    #[error("the option `{0}` is in the database URL twice")]
    Repeated(&'static str),
    /// An option with a value that it does not have.
    #[error("the option `{option}` in the database URL has an unknown value")]
    Value {
        /// The option.
        option: &'static str,
        /// What it takes.
        accepted: &'static str,
    },
    /// An option that would lead to another place than the rest of the URL says, and that is not supported.
    #[error("the option `{option}` in the database URL is not supported")]
    Unsupported {
        /// The option.
        option: &'static str,
        /// What to write in its place.
        instead: &'static str,
    },
    /// `search_path` is not a list of names.
    #[error("`search_path` in the database URL is not a list of schema names")]
    SearchPath,
    /// SQLite without a file.
    #[error("an in-memory SQLite database has no rows to look at")]
    InMemory,
    /// A SQLite URL whose path ended up as a host.
    #[error("a SQLite URL has no host, user or port")]
    SqliteHost,
}

/// What may be wrong wherever a URL falls apart in the wrong place.
const ENCODE: &str = "percent-encode what is special: in a user name, a password and an option write `@` as %40, `:` as \
                      %3A, `/` as %2F, `?` as %3F and `%` as %25";

impl UrlError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            UrlError::NotAUrl | UrlError::Dialect(_) => "write postgresql://USER:PASSWORD@HOST/DATABASE, \
                 mysql://USER:PASSWORD@HOST/DATABASE or sqlite:////absolute/path/airflow.db"
                .to_owned(),
            UrlError::LineBreak => "give the URL alone, on one line".to_owned(),
            UrlError::Driver { dialect, .. } => format!("write {dialect}:// without a driver"),
            UrlError::StrayAt | UrlError::Host => ENCODE.to_owned(),
            UrlError::Port => format!("write the port behind the host, or leave it out; and {ENCODE}"),
            UrlError::ManyHosts => "name the one server that takes writes".to_owned(),
            UrlError::Repeated(_) => "give it once".to_owned(),
            UrlError::Value { accepted, .. } => format!("it takes {accepted}"),
            UrlError::Unsupported { instead, .. } => (*instead).to_owned(),
            UrlError::SearchPath => {
                "write options=-csearch_path%3DNAME, with %22 around a name that needs quotes and %5C before a space"
                    .to_owned()
            }
            UrlError::InMemory => "name a file: sqlite:////absolute/path/airflow.db".to_owned(),
            UrlError::SqliteHost => "write three slashes before a relative path and four before an absolute one: \
                 sqlite:////absolute/path/airflow.db"
                .to_owned(),
        }
    }
}

/// Says which database a URL means. Nothing is opened or looked up.
///
/// # Errors
///
/// Any [`UrlError`]; none contains a part of the URL that could be a password.
pub fn parse(url: &str) -> Result<Location, UrlError> {
    // The output of a `_CMD` ends with a line break more often than not.
    let url = url.trim();
    if url.contains(['\n', '\r']) {
        return Err(UrlError::LineBreak);
    }
    match url.split_once("://") {
        Some((name, rest)) if is_name(name) => {
            let (dialect, driver) = dialect_and_driver(name)?;
            locate(dialect, driver, Parts::split(dialect, rest)?)
        }
        _ => plain_sqlite(url).ok_or(UrlError::NotAUrl)?,
    }
}

/// `sqlite:FILE`, the form that needs no counting of slashes.
fn plain_sqlite(url: &str) -> Option<Result<Location, UrlError>> {
    let rest = url.strip_prefix("sqlite:")?;
    let (file, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parts = Parts { database: some(decode(file)), query, ..Parts::default() };
    Some(locate(Dialect::Sqlite, None, parts))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '+')
}

/// The database, and the driver if one is named and matters. Drivers only differ in their options, so a driver that is
/// not listed is refused: its options may mean what nobody here knows.
fn dialect_and_driver(name: &str) -> Result<(Dialect, Option<&str>), UrlError> {
    let (base, driver) = match name.split_once('+') {
        Some((base, driver)) => (base, Some(driver)),
        None => (name, None),
    };
    let (dialect, drivers): (_, &[&str]) = match base {
        "postgresql" | "postgres" => {
            (Dialect::Postgres, &["psycopg2", "psycopg", "psycopg_async", "asyncpg", "pg8000", "psycopg2cffi"])
        }
        "mysql" | "mariadb" => {
            (Dialect::MySql, &["mysqldb", "pymysql", "aiomysql", "asyncmy", "mysqlconnector", "mariadbconnector"])
        }
        "sqlite" => (Dialect::Sqlite, &["pysqlite", "aiosqlite"]),
        _ => return Err(UrlError::Dialect(base.to_owned())),
    };
    match driver {
        Some(driver) if !drivers.contains(&driver) => Err(UrlError::Driver { dialect, driver: driver.to_owned() }),
        _ => Ok((dialect, driver)),
    }
}

/// A URL after its dialect, taken apart but not yet understood. Empty parts are `None`, as SQLAlchemy leaves them out.
#[derive(Default)]
struct Parts<'u> {
    user: Option<String>,
    password: Option<Password>,
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    query: &'u str,
}

impl<'u> Parts<'u> {
    fn split(dialect: Dialect, rest: &'u str) -> Result<Self, UrlError> {
        let (user, password, tail) = split_credentials(rest);
        let (rest, query) = tail.split_once('?').unwrap_or((tail, ""));
        // SQLAlchemy goes on here, with the tail of a password for a host. An option may well hold a user's address,
        // but after a password it is more likely that the password had both an `@` and a `?`.
        let suspect = if password.is_some() { tail } else { rest };
        if dialect != Dialect::Sqlite && suspect.contains('@') {
            return Err(UrlError::StrayAt);
        }
        let (address, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = split_address(address)?;
        Ok(Parts {
            user: user.map(decode).and_then(some),
            password: password.map(decode).and_then(some).map(Password::new),
            host: some(host.to_owned()),
            port: port.map(port_number).transpose()?,
            database: some(decode(database)),
            query,
        })
    }
}

/// User, password and the rest. The user ends at the first `:` or `/`, the password at the first `@` behind it,
/// whatever stands between; a user without a password ends at the last `@` before the first `:` or `/`.
fn split_credentials(rest: &str) -> (Option<&str>, Option<&str>, &str) {
    let end = rest.find([':', '/']).unwrap_or(rest.len());
    let (user, tail) = rest.split_at(end);
    if let Some((password, tail)) = tail.strip_prefix(':').and_then(|tail| tail.split_once('@')) {
        return (Some(user), Some(password), tail);
    }
    match user.rfind('@') {
        Some(at) => (Some(&rest[..at]), None, &rest[at + 1..]),
        None => (None, None, rest),
    }
}

/// Host and port as written. Brackets around an IPv6 address are not part of it.
fn split_address(address: &str) -> Result<(&str, Option<&str>), UrlError> {
    let (host, tail) = match address.strip_prefix('[') {
        Some(inner) => inner.rsplit_once(']').ok_or(UrlError::Host)?,
        None => address.split_at(address.find(':').unwrap_or(address.len())),
    };
    match tail.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if tail.is_empty() => Ok((host, None)),
        None => Err(UrlError::Host),
    }
}

fn locate(dialect: Dialect, driver: Option<&str>, parts: Parts<'_>) -> Result<Location, UrlError> {
    let mut options = Options::split(parts.query);
    let mut location = match dialect {
        Dialect::Postgres => postgres::locate(parts, &mut options)?,
        Dialect::MySql => mysql::locate(parts, driver, &mut options)?,
        Dialect::Sqlite => sqlite(parts, &mut options)?,
    };
    location.ignored.extend(options.into_names());
    Ok(location)
}

fn sqlite(parts: Parts<'_>, options: &mut Options) -> Result<Location, UrlError> {
    if parts.user.is_some() || parts.password.is_some() || parts.host.is_some() || parts.port.is_some() {
        return Err(UrlError::SqliteHost);
    }
    if options.flag("uri")? == Some(true) {
        let instead = "name the file itself: sqlite:////absolute/path/airflow.db";
        return Err(UrlError::Unsupported { option: "uri", instead });
    }
    options.forget(&["timeout", "isolation_level", "detect_types", "check_same_thread", "cached_statements"]);
    match parts.database {
        Some(file) if file != ":memory:" => Ok(Location::sqlite(file)),
        _ => Err(UrlError::InMemory),
    }
}

/// A host as a person writes it, or a refusal: SQLAlchemy passes anything on and leaves the complaint to the driver.
fn host_name(host: String) -> Result<String, UrlError> {
    match host {
        host if host.contains(',') => Err(UrlError::ManyHosts),
        host if host.chars().any(|c| c.is_whitespace() || c.is_control() || "@/\\".contains(c)) => Err(UrlError::Host),
        host => Ok(host),
    }
}

fn port_number(digits: &str) -> Result<u16, UrlError> {
    digits.parse().ok().filter(|&port| port > 0).ok_or(UrlError::Port)
}

/// Decodes `%40` and leaves `+` alone, like Python's `unquote`; what is not UTF-8 becomes U+FFFD, also like there.
fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
