//! What the options of a PostgreSQL URL mean: libpq's, which psycopg2 and psycopg pass on, and asyncpg's `ssl`.

use super::options::Options;
use super::{Parts, UrlError, decode, host_name, port_number, search_path};
use crate::store::location::{Dialect, Host, Location, Password, Tls, TlsMode};

const PORT: u16 = 5432;

/// Options that tune a driver and change neither the database nor what is read from it.
const HARMLESS: &[&str] = &[
    "application_name",
    "fallback_application_name",
    "client_encoding",
    "connect_timeout",
    "timeout",
    "command_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
    "statement_cache_size",
];

/// An option wins over the same thing in front of the `?`, as it does in SQLAlchemy.
pub(super) fn locate(parts: Parts<'_>, options: &mut Options) -> Result<Location, UrlError> {
    options.refuse(&["service", "servicefile"], "write out what the service file says: host, port, database")?;
    options.refuse(&["hostaddr"], "give the address as the host")?;
    options.refuse(&["sslpassword"], "name a key file that has no password")?;
    options.forget(HARMLESS);
    let (schemas, ignored) = match options.take("options")? {
        Some(switches) => search_path::from_switches(&switches)?,
        None => (Vec::new(), Vec::new()),
    };
    let user = options.take("user")?.or(parts.user);
    let password = options.take("password")?.map(Password::new).or(parts.password);
    let database = options.take_any(&["dbname", "database"])?.or(parts.database);
    let host = host(parts.host, parts.port, options)?;
    Ok(Location { dialect: Dialect::Postgres, user, password, host, database, tls: tls(options)?, schemas, ignored })
}

fn host(host: Option<String>, port: Option<u16>, options: &mut Options) -> Result<Host, UrlError> {
    let option = match options.take("host") {
        Err(UrlError::Repeated(_)) => return Err(UrlError::ManyHosts),
        option => option?,
    };
    let option_port = match options.take("port")? {
        Some(ports) if ports.contains(',') => return Err(UrlError::ManyHosts),
        port => port.map(|digits| port_number(&digits)).transpose()?,
    };
    let (host, joined_port) = match option {
        Some(option) if option_port.is_none() => split_joined_port(option)?,
        Some(option) => (Some(option), None),
        // libpq's own URLs write a socket directory as %2Frun%2Fpostgresql in the place of the host.
        None => (host.map(|host| if is_encoded_path(&host) { decode(&host) } else { host }), None),
    };
    let port = option_port.or(joined_port).or(port).unwrap_or(PORT);
    match host {
        None => Ok(Host::Unspecified { port }),
        Some(path) if path.starts_with('/') && !path.contains(',') => Ok(Host::Socket { path: path.into(), port }),
        Some(host) => Ok(Host::Tcp { host: host_name(host)?, port }),
    }
}

fn is_encoded_path(host: &str) -> bool {
    host.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2F"))
}

/// SQLAlchemy also takes `host=name:port`, if the name is not an address that has colons of its own.
fn split_joined_port(host: String) -> Result<(Option<String>, Option<u16>), UrlError> {
    match host.split_once(':') {
        Some((name, port)) if !host.starts_with('/') && !port.contains(':') => {
            let port = Some(port).filter(|port| !port.is_empty()).map(port_number).transpose()?;
            Ok((Some(name.to_owned()).filter(|name| !name.is_empty()), port))
        }
        _ => Ok((Some(host), None)),
    }
}

fn tls(options: &mut Options) -> Result<Tls, UrlError> {
    let (sslmode, ssl) = (mode(options, "sslmode")?, mode(options, "ssl")?);
    let root_cert = options.take("sslrootcert")?;
    let client_cert = options.take("sslcert")?.map(Into::into);
    let client_key = options.take("sslkey")?.map(Into::into);
    let system = root_cert.as_deref() == Some("system");
    let mode = match sslmode.or(ssl) {
        // libpq: with `sslrootcert=system` nothing weaker than a full check makes sense, so it is the default.
        None if system => TlsMode::VerifyFull,
        // libpq: "if a root CA file exists, the behavior of sslmode=require will be the same as that of verify-ca".
        Some(TlsMode::Require) if root_cert.is_some() => TlsMode::VerifyCa,
        mode => mode.unwrap_or(TlsMode::Prefer),
    };
    Ok(Tls { mode, root_cert: root_cert.filter(|_| !system).map(Into::into), client_cert, client_key })
}

/// What an option says of TLS, if it is given.
fn mode(options: &mut Options, option: &'static str) -> Result<Option<TlsMode>, UrlError> {
    let Some(word) = options.take(option)? else { return Ok(None) };
    let mode = match word.as_str() {
        "disable" => TlsMode::Disable,
        "allow" => TlsMode::Allow,
        "prefer" => TlsMode::Prefer,
        "require" => TlsMode::Require,
        "verify-ca" => TlsMode::VerifyCa,
        "verify-full" => TlsMode::VerifyFull,
        _ => {
            let accepted = "disable, allow, prefer, require, verify-ca or verify-full";
            return Err(UrlError::Value { option, accepted });
        }
    };
    Ok(Some(mode))
}
