use super::*;
use crate::store::location::{Host, TlsMode};

fn parsed(url: &str) -> Location {
    parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn tcp(host: &str, port: u16) -> Host {
    Host::Tcp { host: host.to_owned(), port }
}

#[test]
fn every_driver_that_airflow_names_leads_to_its_dialect() {
    let cases = [
        ("postgresql", Dialect::Postgres),
        ("postgres", Dialect::Postgres),
        ("postgresql+psycopg2", Dialect::Postgres),
        ("postgres+psycopg2", Dialect::Postgres),
        ("postgresql+psycopg", Dialect::Postgres),
        ("postgresql+asyncpg", Dialect::Postgres),
        ("postgresql+pg8000", Dialect::Postgres),
        ("mysql", Dialect::MySql),
        ("mysql+mysqldb", Dialect::MySql),
        ("mysql+pymysql", Dialect::MySql),
        ("mysql+aiomysql", Dialect::MySql),
        ("mysql+asyncmy", Dialect::MySql),
        ("mysql+mysqlconnector", Dialect::MySql),
        ("mariadb", Dialect::MySql),
        ("mariadb+mariadbconnector", Dialect::MySql),
        ("mariadb+pymysql", Dialect::MySql),
    ];
    for (name, dialect) in cases {
        assert_eq!(parsed(&format!("{name}://airflow@db/meta")).dialect, dialect, "{name}");
    }
    for name in ["sqlite", "sqlite+pysqlite", "sqlite+aiosqlite"] {
        assert_eq!(parsed(&format!("{name}:////srv/airflow.db")).dialect, Dialect::Sqlite, "{name}");
    }
}

#[test]
fn the_host_may_be_a_name_an_address_or_a_socket() {
    let socket = |path: &str, port| Host::Socket { path: path.into(), port };
    let cases = [
        ("postgresql://db/meta", tcp("db", 5432)),
        ("postgresql://db:6432/meta", tcp("db", 6432)),
        ("postgresql://[2001:db8::1]:6432/meta", tcp("2001:db8::1", 6432)),
        ("postgresql://[::1]", tcp("::1", 5432)),
        ("postgresql://db/meta?port=7000", tcp("db", 7000)),
        ("postgresql:///meta?host=db:7000", tcp("db", 7000)),
        ("postgresql://old/meta?host=new", tcp("new", 5432)),
        ("postgresql:///meta?host=::1", tcp("::1", 5432)),
        ("postgresql:///meta", Host::Unspecified { port: 5432 }),
        ("postgresql://airflow@/meta?host=/run/postgresql", socket("/run/postgresql", 5432)),
        ("postgresql://airflow@:6432/meta?host=/run/postgresql", socket("/run/postgresql", 6432)),
        ("postgresql://airflow@%2Frun%2Fpostgresql/meta", socket("/run/postgresql", 5432)),
        ("mysql://db/meta", tcp("db", 3306)),
        ("mysql:///meta", tcp("localhost", 3306)),
        ("mysql://localhost/meta?unix_socket=/run/mysqld/mysqld.sock", socket("/run/mysqld/mysqld.sock", 3306)),
        ("sqlite:////srv/air%20flow/a@b.db", Host::File("/srv/air flow/a@b.db".into())),
        ("sqlite:///airflow.db", Host::File("airflow.db".into())),
        ("sqlite:///airflow.db?check_same_thread=False&timeout=30", Host::File("airflow.db".into())),
        ("sqlite:airflow.db", Host::File("airflow.db".into())),
        ("sqlite:/srv/airflow.db", Host::File("/srv/airflow.db".into())),
    ];
    for (url, host) in cases {
        let location = parsed(url);
        assert_eq!(location.host, host, "{url}");
        assert_eq!(location.ignored, Vec::<String>::new(), "{url}");
    }
}

#[test]
fn credentials_are_decoded_and_may_stand_in_the_options() {
    let cases = [
        ("postgresql://airflow:p%40ss%2Fw%3Ard@db/meta", "airflow", "p@ss/w:rd"),
        ("postgresql://airflow:a:b/c?d#e@db/meta", "airflow", "a:b/c?d#e"),
        ("postgresql://airflow:a+b%2Bc@db/meta", "airflow", "a+b+c"),
        ("postgresql://airflow:100%25@db/meta", "airflow", "100%"),
        ("postgresql://airflow:100%@db/meta", "airflow", "100%"),
        ("postgresql://airflow%40server:pw@db/meta", "airflow@server", "pw"),
        ("postgresql://airflow@server:pw@db/meta", "airflow@server", "pw"),
        ("postgresql://air%C3%BC:%E2%82%AC@db/meta", "airü", "€"),
        ("postgresql://db/meta?user=a@b&password=p+w%2B", "a@b", "p w+"),
        ("postgresql://old:old@db/meta?user=new&password=pw", "new", "pw"),
        ("mysql://db/meta?user=airflow&passwd=pw", "airflow", "pw"),
    ];
    for (url, user, password) in cases {
        let location = parsed(url);
        assert_eq!(location.user.as_deref(), Some(user), "{url}");
        assert_eq!(location.password.as_ref().map(Password::reveal), Some(password), "{url}");
        assert!(!location.to_string().contains(password), "{location}");
        assert!(!format!("{location:?}").contains(password), "{location:?}");
    }
    assert_eq!(parsed("postgresql://airflow:@db/meta").password, None);
    assert_eq!(parsed("postgresql://db/meta").user, None);
}

#[test]
fn the_tls_mode_is_what_the_driver_would_do() {
    let cases = [
        ("postgresql://db/meta", TlsMode::Prefer),
        ("postgresql://db/meta?sslmode=disable", TlsMode::Disable),
        ("postgresql://db/meta?sslmode=allow", TlsMode::Allow),
        ("postgresql://db/meta?sslmode=require", TlsMode::Require),
        ("postgresql://db/meta?sslmode=require&sslrootcert=/ca.pem", TlsMode::VerifyCa),
        ("postgresql://db/meta?sslmode=verify-full&sslrootcert=/ca.pem", TlsMode::VerifyFull),
        ("postgresql://db/meta?sslrootcert=system", TlsMode::VerifyFull),
        ("postgresql+asyncpg://db/meta?ssl=verify-ca", TlsMode::VerifyCa),
        ("mysql://db/meta", TlsMode::Prefer),
        ("mysql://db/meta?ssl_mode=REQUIRED", TlsMode::Require),
        ("mysql://db/meta?ssl_mode=verify_identity", TlsMode::VerifyFull),
        ("mysql+mysqldb://db/meta?ssl_ca=/ca.pem", TlsMode::VerifyCa),
        ("mysql+pymysql://db/meta?ssl_ca=/ca.pem", TlsMode::VerifyFull),
        ("mysql+pymysql://db/meta?ssl_ca=/ca.pem&ssl_check_hostname=false", TlsMode::VerifyCa),
        ("mysql+pymysql://db/meta?ssl_ca=/ca.pem&ssl_verify_cert=false", TlsMode::Require),
        ("mysql+mysqlconnector://db/meta?ssl_verify_identity=true", TlsMode::VerifyFull),
        ("mysql+mysqlconnector://db/meta?ssl_disabled=True", TlsMode::Disable),
        ("mysql+mysqlconnector://db/meta?ssl_disabled=False", TlsMode::Prefer),
        ("mariadb+mariadbconnector://db/meta?ssl=true", TlsMode::Require),
        ("mysql://db/meta?ssl_cert=/c.pem&ssl_key=/k.pem", TlsMode::Require),
    ];
    for (url, mode) in cases {
        assert_eq!(parsed(url).tls.mode, mode, "{url}");
    }
}

#[test]
fn certificates_are_named_and_not_read() {
    for url in [
        "postgresql://db/meta?sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem",
        "mysql://db/meta?ssl_ca=/ca.pem&ssl_cert=/c.pem&ssl_key=/k.pem",
    ] {
        let tls = parsed(url).tls;
        assert_eq!(tls.root_cert, Some("/ca.pem".into()), "{url}");
        assert_eq!(tls.client_cert, Some("/c.pem".into()), "{url}");
        assert_eq!(tls.client_key, Some("/k.pem".into()), "{url}");
    }
    assert_eq!(parsed("postgresql://db/meta?sslrootcert=system").tls.root_cert, None);
}

#[test]
fn the_search_path_is_read_like_the_server_reads_it() {
    let cases: [(&str, &[&str]); 12] = [
        ("-csearch_path%3Dairflow", &["airflow"]),
        ("-csearch_path=airflow", &["airflow"]),
        ("-c%20search_path%3Dairflow,public", &["airflow", "public"]),
        ("-c+search_path%3Dairflow%2Cpublic", &["airflow", "public"]),
        ("--search_path=airflow", &["airflow"]),
        ("--search-path=AirFlow", &["airflow"]),
        ("-csearch_path=%22AirFlow%22,$user", &["AirFlow", "$user"]),
        ("-csearch_path=%22a,%22%22b%22%22%22", &["a,\"b\""]),
        ("-csearch_path=airflow,%5C%20public", &["airflow", "public"]),
        ("-csearch_path=old+-csearch_path=new", &["new"]),
        ("-csearch_path=%22%22,airflow", &["airflow"]),
        ("-csearch_path=", &[]),
    ];
    for (switches, schemas) in cases {
        assert_eq!(parsed(&format!("postgresql://db/meta?options={switches}")).schemas, schemas, "{switches}");
    }
    for switches in ["-csearch_path=%22a%20b%22", "-csearch_path=%22open", "-csearch_path=a,,b", "-csearch_path=a,"] {
        let error = parse(&format!("postgresql://db/meta?options={switches}")).unwrap_err();
        assert_eq!(error, UrlError::SearchPath, "{switches}");
    }
}

#[test]
fn a_masked_url_names_the_same_schemas_as_the_url() {
    for switches in ["airflow,public", "%22Air%5C%20Flow%22,$user", "%22a,%22%22b%22,%22c%5C%5Cd%22"] {
        let location = parsed(&format!("postgresql://db/meta?options=-csearch_path={switches}"));
        assert_eq!(parsed(&location.to_string()), location, "{location}");
    }
}

#[test]
fn options_that_statemend_does_not_use_are_named_without_their_values() {
    let location = parsed(
        "postgresql://db/meta?application_name=x&target_session_attrs=read-write&token=hunter2\
         &options=-cstatement_timeout%3D5+-csearch_path%3Dx",
    );
    assert_eq!(location.ignored, ["options: statement_timeout", "target_session_attrs", "token"]);
    assert!(parsed("mysql://db/meta?charset=utf8mb4").ignored.is_empty());
    assert_eq!(parsed("sqlite:////a.db?mode=ro").ignored, ["mode"]);
    assert_eq!(parsed("mysql://db/meta?%1b%5b31m=x").ignored, ["\\u{1b}[31m"]);
}

#[test]
fn what_cannot_be_used_is_refused_with_a_reason() {
    let cases = [
        ("", UrlError::NotAUrl),
        ("airflow.db", UrlError::NotAUrl),
        ("/srv/airflow.db", UrlError::NotAUrl),
        ("://db", UrlError::NotAUrl),
        ("postgresql:db/meta", UrlError::NotAUrl),
        ("mssql+pyodbc://sa:pw@db/meta", UrlError::Dialect("mssql".to_owned())),
        ("oracle://sa:pw@db/meta", UrlError::Dialect("oracle".to_owned())),
        ("snowflake://sa:pw@db/meta", UrlError::Dialect("snowflake".to_owned())),
        ("mysql+pyodbc://db", UrlError::Driver { dialect: Dialect::MySql, driver: "pyodbc".to_owned() }),
        ("Here it is:\npostgresql://db", UrlError::LineBreak),
        ("postgresql://db/meta?host=a,b", UrlError::ManyHosts),
        ("postgresql://db/meta?host=a&host=b", UrlError::ManyHosts),
        ("postgresql://a,b/meta", UrlError::ManyHosts),
        ("postgresql://db:5432,5433/meta", UrlError::Port),
        ("postgresql://db/meta?port=5432,5433", UrlError::ManyHosts),
        ("postgresql://db:70000/meta", UrlError::Port),
        ("postgresql://db:/meta", UrlError::Port),
        ("postgresql://db:0/meta", UrlError::Port),
        ("postgresql://[::1/meta", UrlError::Host),
        ("postgresql://[::1]x/meta", UrlError::Host),
        ("postgresql://d b/meta", UrlError::Host),
        ("sqlite://", UrlError::InMemory),
        ("sqlite:", UrlError::InMemory),
        ("sqlite:///:memory:", UrlError::InMemory),
        ("sqlite://airflow.db", UrlError::SqliteHost),
        ("sqlite://srv/airflow.db", UrlError::SqliteHost),
    ];
    for (url, expected) in cases {
        let error = parse(url).unwrap_err();
        assert_eq!(error, expected, "{url}");
        assert!(!error.hint().is_empty(), "{url}");
    }
}

#[test]
fn options_that_would_change_the_database_are_refused_and_not_dropped() {
    let cases = [
        ("postgresql:///?service=airflow", "service"),
        ("postgresql://db/meta?hostaddr=10.0.0.1", "hostaddr"),
        ("mysql:///?read_default_file=~/.my.cnf", "read_default_file"),
        ("sqlite:///file:airflow.db?mode=ro&uri=true", "uri"),
    ];
    for (url, refused) in cases {
        match parse(url) {
            Err(UrlError::Unsupported { option, .. }) => assert_eq!(option, refused, "{url}"),
            other => panic!("{url}: {other:?}"),
        }
    }
    assert_eq!(parse("postgresql://db/meta?sslmode=a&sslmode=b"), Err(UrlError::Repeated("sslmode")));
    assert!(matches!(parse("postgresql://db/meta?sslmode=yes"), Err(UrlError::Value { option: "sslmode", .. })));
    assert!(matches!(parse("mysql://db/meta?ssl_mode=yes"), Err(UrlError::Value { option: "ssl_mode", .. })));
    assert!(matches!(parse("mysql://db/meta?ssl=yep"), Err(UrlError::Value { option: "ssl", .. })));
}

/// Passwords that someone forgot to encode, in every place where the URL falls apart differently.
#[test]
fn a_password_that_breaks_the_url_does_not_show_up_in_the_error() {
    let secret = "hunter2";
    let cases = [
        "postgresql://airflow:x@hunter2@db/meta",
        "postgresql://airflow:x@hunter2/y@db/meta",
        "postgresql://airflow:x@y?hunter2=z@db/meta",
        "postgresql://airflow:hunter2",
        "postgresql://airflow:hunter2/meta",
        "postgresql://air/flow:hunter2@db/meta",
        "postgresql:/airflow:hunter2@db/meta",
        "postgresql//airflow:hunter2@db/meta",
        "mysql://airflow:x@:hunter2@db/meta",
        "mysql://airflow@db:hunter2/meta",
        "mssql://airflow:hunter2@db/meta",
        "sqlite://airflow:hunter2@/airflow.db",
        "postgresql://db/meta?password=hunter2&sslmode=hunter2",
        "postgresql://db/meta?password=hunter2&password=hunter2",
    ];
    for url in cases {
        let error = parse(url).unwrap_err();
        let shown = format!("{error} {error:?} {}", error.hint());
        assert!(!shown.contains(secret), "{url}: {shown}");
    }
}
