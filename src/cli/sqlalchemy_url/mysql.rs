//! What the options of a MySQL or MariaDB URL mean, in the spellings of the drivers that Airflow runs with.

use super::options::Options;
use super::{Parts, UrlError, host_name, port_number};
use crate::store::location::{Dialect, Host, Location, Password, Tls, TlsMode};

const PORT: u16 = 3306;

/// Options that tune a driver and change neither the database nor what is read from it. `charset` is among them:
/// statemend always speaks utf8mb4, which holds what any other character set holds.
const HARMLESS: &[&str] = &[
    "charset",
    "use_unicode",
    "collation",
    "autocommit",
    "binary_prefix",
    "client_flag",
    "compress",
    "connect_timeout",
    "connection_timeout",
    "read_timeout",
    "write_timeout",
    "local_infile",
    "allow_local_infile",
    "sql_mode",
    "use_pure",
    "buffered",
    "ssl_cipher",
];

/// An option wins over the same thing in front of the `?`, as it does in SQLAlchemy.
pub(super) fn locate(parts: Parts<'_>, driver: Option<&str>, options: &mut Options) -> Result<Location, UrlError> {
    options.refuse(
        &["read_default_file", "read_default_group", "option_files"],
        "write out what the option file says: user, password, host, database",
    )?;
    options.refuse(&["ssl_capath"], "name one file of certificates with ssl_ca")?;
    options.forget(HARMLESS);
    let user = options.take("user")?.or(parts.user);
    let password = options.take_any(&["password", "passwd"])?.map(Password::new).or(parts.password);
    let database = options.take_any(&["database", "db"])?.or(parts.database);
    let host = host(parts.host, parts.port, options)?;
    let tls = tls(driver, options)?;
    Ok(Location { dialect: Dialect::MySql, user, password, host, database, tls, schemas: vec![], ignored: vec![] })
}

fn host(host: Option<String>, port: Option<u16>, options: &mut Options) -> Result<Host, UrlError> {
    let host = options.take("host")?.or(host);
    let port = options.take("port")?.map(|digits| port_number(&digits)).transpose()?.or(port).unwrap_or(PORT);
    match options.take("unix_socket")? {
        Some(path) => Ok(Host::Socket { path: path.into(), port }),
        None => Ok(Host::Tcp { host: host_name(host.unwrap_or_else(|| "localhost".to_owned()))?, port }),
    }
}

fn tls(driver: Option<&str>, options: &mut Options) -> Result<Tls, UrlError> {
    let root_cert = options.take("ssl_ca")?;
    let client_cert = options.take("ssl_cert")?;
    let client_key = options.take("ssl_key")?;
    let disabled = options.flag("ssl_disabled")? == Some(true);
    let wanted = Wanted {
        mode: options.take("ssl_mode")?.map(|word| tls_mode(&word)).transpose()?,
        encrypted: options.flag("ssl")?.filter(|_| !disabled).or(disabled.then_some(false)),
        checked: options.flag("ssl_verify_cert")?,
        host_checked: options.flag("ssl_verify_identity")?.or(options.flag("ssl_check_hostname")?),
        has_authority: root_cert.is_some(),
        has_certificate: client_cert.is_some(),
        // PyMySQL and its two async descendants check the host as soon as they have an authority to check with.
        thorough: matches!(driver, Some("pymysql" | "aiomysql" | "asyncmy")),
    };
    Ok(Tls {
        mode: wanted.tls_mode(),
        root_cert: root_cert.map(Into::into),
        client_cert: client_cert.map(Into::into),
        client_key: client_key.map(Into::into),
    })
}

/// What the options say about TLS, before it is one mode.
struct Wanted {
    mode: Option<TlsMode>,
    encrypted: Option<bool>,
    checked: Option<bool>,
    host_checked: Option<bool>,
    has_authority: bool,
    has_certificate: bool,
    thorough: bool,
}

impl Wanted {
    fn tls_mode(&self) -> TlsMode {
        if let Some(mode) = self.mode {
            return mode;
        }
        if self.encrypted == Some(false) {
            return TlsMode::Disable;
        }
        let checked = self.checked.unwrap_or(self.has_authority);
        match self.host_checked {
            Some(true) => TlsMode::VerifyFull,
            None if checked && self.thorough => TlsMode::VerifyFull,
            _ if checked => TlsMode::VerifyCa,
            _ if self.encrypted.is_some() || self.has_authority || self.has_certificate => TlsMode::Require,
            _ => TlsMode::Prefer,
        }
    }
}

fn tls_mode(word: &str) -> Result<TlsMode, UrlError> {
    match word.to_ascii_uppercase().as_str() {
        "DISABLED" => Ok(TlsMode::Disable),
        "PREFERRED" => Ok(TlsMode::Prefer),
        "REQUIRED" => Ok(TlsMode::Require),
        "VERIFY_CA" => Ok(TlsMode::VerifyCa),
        "VERIFY_IDENTITY" => Ok(TlsMode::VerifyFull),
        _ => Err(UrlError::Value {
            option: "ssl_mode",
            accepted: "DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY",
        }),
    }
}
