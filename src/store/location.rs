//! Where a database is and how to reach it, as plain data.
//!
//! This is what the command line makes of a URL and all that the stores need in order to connect. It knows no driver
//! and opens nothing. The password has a type of its own that no formatting can show, and [`Location`]'s `Display` is
//! the masked URL that reports and errors use, so that nobody has to remember to mask anything.

use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The kinds of database that Airflow runs on and statemend knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL, and servers that speak its protocol.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// A SQLite file.
    Sqlite,
}

impl Dialect {
    /// The name in reports and in SQLAlchemy URLs: `postgresql`, `mysql` or `sqlite`.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Postgres => "postgresql",
            Dialect::MySql => "mysql",
            Dialect::Sqlite => "sqlite",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Text that must not be seen: neither `Debug` nor any error shows it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The password of a database user.
pub type Password = Secret;

impl Secret {
    /// Takes text out of sight.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text itself, for the driver and the parser only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What to open or to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A server on the network. `host` is a name or an address (IPv6 without brackets).
    Tcp {
        /// Name or address.
        host: String,
        /// Port, with the dialect's default filled in.
        port: u16,
    },
    /// A server on this machine. For PostgreSQL `path` is the directory that holds the sockets and `port` chooses
    /// among them, as in libpq; for MySQL `path` is the socket itself and `port` means nothing.
    Socket {
        /// Directory (PostgreSQL) or socket (MySQL).
        path: PathBuf,
        /// Port, with the dialect's default filled in.
        port: u16,
    },
    /// The URL names no host: the place where the client library looks on its own. Only PostgreSQL has it (libpq
    /// tries its usual socket directories); for MySQL it becomes `localhost`.
    Unspecified {
        /// Port, with the dialect's default filled in.
        port: u16,
    },
    /// A SQLite file, as written; a relative path is relative to the working directory. It may not exist: whoever
    /// opens it must not create it.
    File(PathBuf),
}

/// How much a connection insists on encryption, in libpq's words. The MySQL modes are the same ideas
/// (`DISABLED`, `PREFERRED`, `REQUIRED`, `VERIFY_CA`, `VERIFY_IDENTITY`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// Never encrypt.
    Disable,
    /// Encrypt if the server refuses anything else (PostgreSQL only).
    Allow,
    /// Encrypt if the server can. What every driver does when nothing is said.
    Prefer,
    /// Encrypt, whoever the server is.
    Require,
    /// Encrypt, and the server's certificate must come from a trusted authority.
    VerifyCa,
    /// As `VerifyCa`, and the certificate must be for this host.
    VerifyFull,
}

/// The TLS part of a location. Files are named, not read; a missing one is the driver's error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// How much to insist.
    pub mode: TlsMode,
    /// Certificates of the trusted authorities; without it, those of the system.
    pub root_cert: Option<PathBuf>,
    /// Certificate that proves who the client is.
    pub client_cert: Option<PathBuf>,
    /// Private key that belongs to `client_cert`.
    pub client_key: Option<PathBuf>,
}

impl Default for Tls {
    fn default() -> Self {
        Tls { mode: TlsMode::Prefer, root_cert: None, client_cert: None, client_key: None }
    }
}

/// Everything that is needed to connect to one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Which kind of database.
    pub dialect: Dialect,
    /// User, decoded. Without it the driver's default applies.
    pub user: Option<String>,
    /// Password, decoded.
    pub password: Option<Password>,
    /// Server, socket or file.
    pub host: Host,
    /// Database name on a server. `None` for SQLite, and where the URL leaves it to the server.
    pub database: Option<String>,
    /// Encryption.
    pub tls: Tls,
    /// PostgreSQL's search path in order, names as they are in the catalogue: folded to lower case unless they were
    /// quoted, `$user` as itself. Empty means the server's own search path. On MySQL a schema is a database, so the
    /// one that Airflow names replaces `database` and this stays empty.
    pub schemas: Vec<String>,
    /// Names of URL options that statemend does not use. Only names: a value may be a secret.
    pub ignored: Vec<String>,
}

/// What a masked URL escapes in a name: everything that could end a part of the URL early or reach a terminal.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The same for a path, which stays readable with its slashes.
const PATH: &AsciiSet = &NAME.remove(b'/');

fn name(text: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(text, NAME)
}

fn path(path: &Path) -> String {
    utf8_percent_encode(&path.to_string_lossy(), PATH).to_string()
}

/// A schema as it is written in `options`: in quotes unless it is an ordinary name, and with a backslash before what
/// would end the option.
fn path_element(schema: &str) -> String {
    let ordinary = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$';
    if schema.chars().all(ordinary) {
        return schema.to_owned();
    }
    let quoted = format!("\"{}\"", schema.replace('"', "\"\""));
    quoted.replace('\\', "\\\\").replace(' ', "\\ ")
}

impl Location {
    /// A SQLite file.
    pub fn sqlite(file: impl Into<PathBuf>) -> Self {
        Location {
            dialect: Dialect::Sqlite,
            user: None,
            password: None,
            host: Host::File(file.into()),
            database: None,
            tls: Tls::default(),
            schemas: Vec::new(),
            ignored: Vec::new(),
        }
    }

    /// The same place without who goes there, as a URL.
    pub fn address(&self) -> String {
        Location { user: None, password: None, ..self.clone() }.to_string()
    }

    fn fmt_credentials(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.user.is_none() && self.password.is_none() {
            return Ok(());
        }
        let user = self.user.as_deref().unwrap_or_default();
        let mask = if self.password.is_some() { ":***" } else { "" };
        write!(f, "{}{mask}@", name(user))
    }

    fn fmt_host(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Tcp { host, port } if host.contains(':') => write!(f, "[{}]:{port}", host.escape_default()),
            Host::Tcp { host, port } => write!(f, "{}:{port}", name(host)),
            // The port tells PostgreSQL's sockets in one directory apart.
            Host::Socket { port, .. } | Host::Unspecified { port } if ![3306, 5432].contains(port) => {
                write!(f, ":{port}")
            }
            Host::Socket { .. } | Host::Unspecified { .. } | Host::File(_) => Ok(()),
        }
    }

    fn fmt_options(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = '?';
        if let Host::Socket { path: socket, .. } = &self.host {
            let option = if self.dialect == Dialect::MySql { "unix_socket" } else { "host" };
            write!(f, "{separator}{option}={}", path(socket))?;
            separator = '&';
        }
        if !self.schemas.is_empty() {
            let path: Vec<_> = self.schemas.iter().map(|schema| path_element(schema)).collect();
            write!(f, "{separator}options=-csearch_path%3D{}", name(&path.join(",")))?;
        }
        Ok(())
    }
}

/// The URL for reports: which database this is, in a form that a shell, a log and a terminal take as it is. A
/// password shows as `***`; of the options, only those that say which tables are meant.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.dialect)?;
        if let Host::File(file) = &self.host {
            return write!(f, "/{}", path(file));
        }
        self.fmt_credentials(f)?;
        self.fmt_host(f)?;
        if let Some(database) = &self.database {
            write!(f, "/{}", name(database))?;
        }
        self.fmt_options(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(dialect: Dialect, host: Host) -> Location {
        Location {
            dialect,
            user: Some("airflow".to_owned()),
            password: Some(Password::new("hunter2")),
            host,
            database: Some("meta".to_owned()),
            tls: Tls::default(),
            schemas: Vec::new(),
            ignored: Vec::new(),
        }
    }

    #[test]
    fn a_location_shows_as_a_url_without_its_password() {
        let tcp = |host: &str, port| Host::Tcp { host: host.to_owned(), port };
        let cases = [
            (server(Dialect::Postgres, tcp("db", 5432)), "postgresql://airflow:***@db:5432/meta"),
            (server(Dialect::Postgres, tcp("::1", 6432)), "postgresql://airflow:***@[::1]:6432/meta"),
            (
                server(Dialect::Postgres, Host::Socket { path: "/run/pg".into(), port: 5432 }),
                "postgresql://airflow:***@/meta?host=/run/pg",
            ),
            (server(Dialect::Postgres, Host::Unspecified { port: 5432 }), "postgresql://airflow:***@/meta"),
            (server(Dialect::Postgres, Host::Unspecified { port: 5433 }), "postgresql://airflow:***@:5433/meta"),
            (
                server(Dialect::MySql, Host::Socket { path: "/run/my.sock".into(), port: 3306 }),
                "mysql://airflow:***@/meta?unix_socket=/run/my.sock",
            ),
        ];
        for (location, shown) in cases {
            assert_eq!(location.to_string(), shown);
            assert!(!format!("{location:?}").contains("hunter2"), "{location:?}");
        }
    }

    #[test]
    fn a_sqlite_file_shows_with_its_path() {
        assert_eq!(Location::sqlite("/srv/airflow/airflow.db").to_string(), "sqlite:////srv/airflow/airflow.db");
        assert_eq!(Location::sqlite("my airflow.db").to_string(), "sqlite:///my%20airflow.db");
    }

    #[test]
    fn names_from_outside_cannot_forge_the_url_or_reach_the_terminal() {
        let mut location = server(Dialect::Postgres, Host::Tcp { host: "db\u{1b}[31m".to_owned(), port: 5432 });
        location.user = Some("a@b/c".to_owned());
        location.database = Some("x?y".to_owned());
        location.schemas = vec!["air flow".to_owned(), "$user".to_owned()];
        assert_eq!(
            location.to_string(),
            "postgresql://a%40b%2Fc:***@db%1B%5B31m:5432/x%3Fy?options=-csearch_path%3D%22air%5C%20flow%22%2C%24user"
        );
    }
}
