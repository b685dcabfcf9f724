//! Asks the real SQLAlchemy and the real Airflow what a URL and a configuration mean, and compares.
//!
//! What statemend makes of them is a matter of fact, not of taste: a URL that it reads differently leads to the wrong
//! database. One Python process per test answers for a whole table of cases.

#[path = "support/environment.rs"]
mod environment;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value, json};
use statemend::cli::database::AirflowConfig;
use statemend::cli::environment::Environment;
use statemend::cli::sqlalchemy_url;
use statemend::store::location::{Dialect, Host, Location, Secret};

/// URLs that mean the same to statemend and to the driver that Airflow would use.
const URLS: &[&str] = &[
    "postgresql+psycopg2://airflow:pw@db/meta",
    "postgresql+psycopg2://airflow:pw@db:6432/meta",
    "postgresql+psycopg2://airflow:p%40ss%2Fw%3Ard%25@db/meta",
    "postgresql+psycopg2://airflow:a:b/c?d#e f@db/meta",
    "postgresql+psycopg2://airflow:a+b%2Bc@db/meta",
    "postgresql+psycopg2://airflow:100%@db/meta",
    "postgresql+psycopg2://airflow:%zz%4@db/meta",
    "postgresql+psycopg2://airflow:%ff%e2%82x@db/meta",
    "postgresql+psycopg2://airflow:%E2%82%ACé@db/meta",
    "postgresql+psycopg2://air%20flow%40x@db/meta",
    "postgresql+psycopg2://airflow@server:pw@db/meta",
    "postgresql+psycopg2://airflow@server@db/meta",
    "postgresql+psycopg2://airflow:@db/meta",
    "postgresql+psycopg2://:pw@db/meta",
    "postgresql+psycopg2://@db/meta",
    "postgresql+psycopg2://db",
    "postgresql+psycopg2://db/",
    "postgresql+psycopg2://db?user=airflow",
    "postgresql+psycopg2://[2001:db8::1]:6432/meta",
    "postgresql+psycopg2://[::1]/meta",
    "postgresql+psycopg2://db/my%20meta%2Fdata",
    "postgresql+psycopg2://db/a/b",
    "postgresql+psycopg2://airflow:pw@/meta?host=/run/postgresql",
    "postgresql+psycopg2://airflow:pw@:6432/meta?host=/run/postgresql",
    "postgresql+psycopg2:///meta?host=/run/postgresql&port=6432",
    "postgresql+psycopg2:///meta?host=db:6432",
    "postgresql+psycopg2:///meta?host=db%3A6432",
    "postgresql+psycopg2://old:old@old:1/old?user=new&password=new&host=new&port=2&dbname=new",
    "postgresql+psycopg2://db/meta?user=a@b&password=p+w%2B%26",
    "postgresql+psycopg2://db/meta?user=&password&host=",
    "postgresql+psycopg2://db:5432/meta?user=x&application_name=a@b",
    "postgresql://airflow:pw@db/meta",
    "postgresql+asyncpg://airflow:pw@db:6432/meta?ssl=require",
    "postgresql+asyncpg://airflow:pw@old/old?database=meta&host=db",
    "postgresql+pg8000://airflow:pw@db:6432/meta",
    "mysql://airflow:p%40@db:3307/meta?charset=utf8mb4",
    "mysql+mysqldb://airflow:pw@localhost/meta?unix_socket=/run/mysqld/mysqld.sock",
    "mysql+mysqldb://old@db/meta?user=airflow&passwd=pw&db=new",
    "mysql+pymysql://airflow:pw@db/meta?ssl_ca=/ca.pem",
    "mysql+aiomysql://airflow:pw@db/meta",
    "mysql+mysqlconnector://airflow:pw@db/meta",
    "mariadb+pymysql://airflow:pw@db/meta",
    "mariadb+mariadbconnector://airflow:pw@db/meta",
    "sqlite:////srv/airflow/airflow.db",
    "sqlite:////srv/air%20flow/a@b:c.db?timeout=30",
    "sqlite:///airflow.db",
    "sqlite:///a+b%2Bc.db",
    "sqlite+pysqlite:////srv/airflow.db?check_same_thread=False",
    "sqlite+aiosqlite:////srv/airflow.db",
];

/// What SQLAlchemy refuses, statemend refuses. (It refuses more: see the tests beside the parser.)
const REFUSED: &[&str] = &[
    "",
    "airflow.db",
    "postgresql:db/meta",
    "post-gres://db/meta",
    "nonsense://db/meta",
    "postgresql+nonsense://db/meta",
    "postgresql+psycopg2://db:x/meta",
    "postgresql+psycopg2://db:/meta",
    "postgresql+asyncpg:///meta?host=a&host=b:1&port=2",
    "sqlite://airflow.db",
    "sqlite://user@/airflow.db",
];

#[test]
fn urls_mean_what_sqlalchemy_takes_them_to_mean() {
    let answers = ask("urls.py", &json!(URLS), Path::new("/"));
    for (url, expected) in URLS.iter().zip(answers) {
        let location = sqlalchemy_url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(Value::Object(arguments(&location)), with_defaults(expected, location.dialect), "{url}");
    }
}

#[test]
fn urls_that_sqlalchemy_refuses_are_refused() {
    let answers = ask("urls.py", &json!(REFUSED), Path::new("/"));
    for (url, answer) in REFUSED.iter().zip(answers) {
        assert_eq!(answer, Value::Null, "{url}");
        assert!(sqlalchemy_url::parse(url).is_err(), "{url}");
    }
}

/// What a driver would be told, in the words of `urls.py`.
fn arguments(location: &Location) -> Map<String, Value> {
    let mut arguments = Map::new();
    let mut put = |name: &str, value: Option<&str>| {
        arguments.extend(value.map(|value| (name.to_owned(), json!(value))));
    };
    put("user", location.user.as_deref());
    put("password", location.password.as_ref().map(Secret::reveal));
    put("database", location.database.as_deref());
    match &location.host {
        Host::Tcp { host, port } => (put("host", Some(host)), put("port", Some(&port.to_string()))),
        Host::Socket { path, .. } if location.dialect == Dialect::MySql => {
            (put("unix_socket", path.to_str()), put("host", None))
        }
        Host::Socket { path, port } => (put("host", path.to_str()), put("port", Some(&port.to_string()))),
        Host::Unspecified { port } => (put("port", Some(&port.to_string())), put("host", None)),
        Host::File(file) => (put("file", Path::new("/").join(file).to_str()), put("host", None)),
    };
    arguments
}

/// SQLAlchemy leaves out what the driver knows by itself.
fn with_defaults(mut arguments: Value, dialect: Dialect) -> Value {
    let port = match dialect {
        Dialect::Postgres => "5432",
        Dialect::MySql => "3306",
        Dialect::Sqlite => return arguments,
    };
    if let Some(arguments) = arguments.as_object_mut() {
        if arguments.contains_key("unix_socket") {
            arguments.remove("host");
        } else {
            arguments.entry("port").or_insert(json!(port));
        }
    }
    arguments
}

/// A configuration: variables, and an `airflow.cfg`. `HERE` in a value is Airflow's home.
struct Setup {
    variables: &'static [(&'static str, &'static str)],
    file: Option<&'static str>,
}

const fn setup(variables: &'static [(&'static str, &'static str)], file: Option<&'static str>) -> Setup {
    Setup { variables, file }
}

const CONN: &str = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN";
const CONN_CMD: &str = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD";
const OLD_CONN: &str = "AIRFLOW__CORE__SQL_ALCHEMY_CONN";
const OLD_CONN_CMD: &str = "AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD";
const SCHEMA: &str = "AIRFLOW__DATABASE__SQL_ALCHEMY_SCHEMA";
const LIMIT: &str = "AIRFLOW__STATE_STORE__MAX_VALUE_STORAGE_BYTES";

const PLAIN_FILE: Option<&str> = Some("[database]\nsql_alchemy_conn = sqlite:////file.db\n");
const FULL_FILE: Option<&str> = Some(
    "[database]\nsql_alchemy_conn = sqlite:////file.db\nsql_alchemy_conn_cmd = echo sqlite:////cmd.db\n\
     sql_alchemy_conn_secret = x\n[core]\nsql_alchemy_conn = sqlite:////core.db\n",
);

const SETUPS: &[Setup] = &[
    // Nothing is configured.
    setup(&[], None),
    setup(&[], Some("")),
    setup(&[("AIRFLOW_HOME", "~/elsewhere")], None),
    setup(&[("AIRFLOW_HOME", "$SOMEWHERE/x"), ("SOMEWHERE", "/srv")], None),
    // Which place wins.
    setup(&[], PLAIN_FILE),
    setup(&[], FULL_FILE),
    setup(&[(CONN, "sqlite:////env.db")], FULL_FILE),
    setup(&[(CONN, "sqlite:////env.db"), (CONN_CMD, "echo sqlite:////cmd.db")], None),
    setup(&[(CONN_CMD, "echo sqlite:////cmd.db"), (OLD_CONN, "sqlite:////old.db")], FULL_FILE),
    setup(&[(OLD_CONN, "sqlite:////old.db"), (OLD_CONN_CMD, "echo x")], FULL_FILE),
    setup(&[(OLD_CONN_CMD, "echo sqlite:////old.db")], FULL_FILE),
    setup(&[], Some("[core]\nsql_alchemy_conn = sqlite:////core.db\n")),
    setup(&[], Some("[core]\nsql_alchemy_conn = a\n[database]\nsql_alchemy_conn_cmd = echo b\n")),
    setup(&[], Some("[core]\nsql_alchemy_conn_cmd = echo a\n[database]\nsql_alchemy_conn_secret = b\n")),
    setup(&[], Some("[core]\nsql_alchemy_conn_cmd = echo a\n[database]\nsql_alchemy_conn_cmd = echo b\n")),
    setup(&[], Some("[DEFAULT]\nsql_alchemy_conn = a\n[database]\n")),
    setup(&[], Some("[DEFAULT]\nsql_alchemy_conn = a\n")),
    setup(&[], Some("[Database]\nsql_alchemy_conn = a\n")),
    setup(&[("airflow__database__sql_alchemy_conn", "x")], None),
    setup(&[("AIRFLOW_CONFIG", "$HOME/airflow.cfg")], PLAIN_FILE),
    setup(&[("AIRFLOW_CONFIG", "/no/such/file.cfg"), (CONN, "sqlite:////env.db")], PLAIN_FILE),
    // Empty values.
    setup(&[(CONN, "")], FULL_FILE),
    setup(&[(CONN_CMD, "true")], FULL_FILE),
    setup(&[], Some("[database]\nsql_alchemy_conn =\nsql_alchemy_conn_cmd = echo a\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn_cmd = true\n[core]\nsql_alchemy_conn_cmd = echo a\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn_cmd = true\n")),
    // References to variables, and to the home directory.
    setup(&[(CONN, "sqlite:///$HOME/${NAME}.db"), ("NAME", "$OTHER"), ("OTHER", "x")], None),
    setup(&[(CONN, "pg://u:pa$$word$1${}$@h/$UNKNOWN")], None),
    setup(&[(CONN, "~/x")], None),
    setup(&[("NAME", "x")], Some("[database]\nsql_alchemy_conn = sqlite:///$HOME/$NAME.db\n")),
    setup(&[(CONN_CMD, "printf %s '$HOME'")], None),
    setup(&[("NAME", "x")], Some("[database]\nsql_alchemy_conn_cmd = printf %%s $NAME\n")),
    // Commands.
    setup(&[(CONN_CMD, "sh -c 'echo \"$NAME\"'"), ("NAME", "x")], None),
    setup(&[(CONN_CMD, "printf '%s|' a\\ b \"c\\\"\\$d\" '' #e")], None),
    setup(&[(CONN_CMD, "printf 'a\\377b\\n\\n'")], None),
    setup(&[(CONN_CMD, "false")], FULL_FILE),
    setup(&[(CONN_CMD, "sh -c 'echo x; exit 3'")], FULL_FILE),
    setup(&[(CONN_CMD, "no-such-program")], FULL_FILE),
    setup(&[(CONN_CMD, "echo 'x")], FULL_FILE),
    setup(&[(CONN_CMD, "")], FULL_FILE),
    setup(&[], Some("[database]\nsql_alchemy_conn_cmd = false\n")),
    // The format of the file.
    setup(&[], Some("# c\n[database] # c\n; c\nsql_alchemy_conn : a # b ; c\n")),
    setup(&[], Some("[database]\nSQL_Alchemy_Conn = a\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn = a\nSQL_ALCHEMY_CONN = b\n")),
    setup(&[], Some("[database]\r\nsql_alchemy_conn = a\r\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn = a\n  b\n\n  # c\n  d\n\n[core]\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn =\n    a\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn = u:p%%40ss@h\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn = u:p%40ss@h\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn = %(user)s@%(host)s\nuser = me\n[DEFAULT]\nhost = h\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn = %(User)s@h\nuser = me\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn = %(nothing)s\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn = %(sql_alchemy_conn)s\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn = a\nsql_alchemy_conn = b\n")),
    setup(&[], Some("[database]\n[database]\n")),
    setup(&[], Some("[database]\nsql_alchemy_conn\n")),
    setup(&[], Some("sql_alchemy_conn = a\n")),
    // Schema and limit.
    setup(&[(SCHEMA, "airflow"), (LIMIT, "100")], None),
    setup(&[(SCHEMA, ""), (LIMIT, "0")], Some("[database]\nsql_alchemy_schema = a\n[state_store]\n")),
    setup(&[(SCHEMA, "  "), (LIMIT, " 1_000 ")], None),
    setup(&[(LIMIT, "-5")], Some("[database]\nsql_alchemy_schema = $HOME\n")),
    setup(&[(LIMIT, "1e6")], Some("[database]\nsql_alchemy_schema_cmd = echo a\n")),
    setup(&[(LIMIT, "1.5"), ("AIRFLOW__DATABASE__SQL_ALCHEMY_SCHEMA_CMD", "echo a")], None),
    setup(&[(LIMIT, "many")], Some("[core]\nsql_alchemy_schema = a\n")),
    setup(&[(LIMIT, "")], None),
    setup(&[], Some("[state_store]\nmax_value_storage_bytes = +200\n")),
];

#[test]
fn settings_come_from_where_airflow_takes_them() {
    let homes = tempfile::tempdir().expect("a temporary directory");
    let environments: Vec<_> = (0..).zip(SETUPS).map(|(index, setup)| prepare(homes.path(), index, setup)).collect();
    let answers = ask("settings.py", &json!(environments), homes.path());
    for ((setup, variables), airflow) in SETUPS.iter().zip(&environments).zip(answers) {
        let context = format!("{:?}\n{}", setup.variables, setup.file.unwrap_or("(no file)"));
        let variables = variables.iter().map(|(name, value)| (name, value.as_str().expect("text")));
        assert_eq!(settings(&Environment::from_iter(variables)), normal(airflow), "{context}");
    }
}

/// Makes a home with its file, and the variables that lead there.
fn prepare(homes: &Path, index: usize, setup: &Setup) -> Map<String, Value> {
    let home: PathBuf = homes.join(format!("home{index}"));
    std::fs::create_dir(&home).expect("the directory is new");
    if let Some(text) = setup.file {
        std::fs::write(home.join("airflow.cfg"), text).expect("the directory is writable");
    }
    let mut variables = Map::new();
    variables.insert("PATH".to_owned(), json!(std::env::var("PATH").expect("PATH is set")));
    variables.insert("HOME".to_owned(), json!(home));
    variables.insert("AIRFLOW_HOME".to_owned(), json!(home));
    variables.extend(setup.variables.iter().map(|&(name, value)| (name.to_owned(), json!(value))));
    variables
}

/// What statemend finds, in the words of `settings.py`.
fn settings(environment: &Environment) -> Value {
    let config = AirflowConfig::load(environment).ok();
    let url = config.as_ref().and_then(|config| config.database_url().ok());
    let schema = config.as_ref().and_then(|config| config.schema().ok());
    let limit = config.as_ref().and_then(|config| config.max_value_storage_bytes().ok());
    json!({
        "url": url.map(|found| found.url.reveal().to_owned()),
        "schema": schema.map(Option::unwrap_or_default),
        "max_value_storage_bytes": limit.map(Option::unwrap_or_default),
    })
}

/// Airflow's answer, where different answers mean the same: no URL is as bad as an empty one, a blank schema is none,
/// and a limit of less than nothing is no limit.
fn normal(mut answer: Value) -> Value {
    if answer["url"] == "" {
        answer["url"] = Value::Null;
    }
    if answer["schema"].as_str().is_some_and(|schema| schema.trim().is_empty()) {
        answer["schema"] = json!("");
    }
    if answer["max_value_storage_bytes"].as_i64().is_some_and(|limit| limit < 0) {
        answer["max_value_storage_bytes"] = json!(0);
    }
    answer
}

/// Runs a script of `tests/target` with Airflow's Python.
fn ask(script: &str, question: &Value, home: &Path) -> Vec<Value> {
    let mut process = Command::new(environment::python())
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/target").join(script))
        // Importing Airflow looks for a home and sets up logging and a database, unless it is told not to.
        .envs([("AIRFLOW_HOME", home.as_os_str()), ("_AIRFLOW__AS_LIBRARY", "1".as_ref())])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Airflow's Python starts");
    let mut stdin = process.stdin.take().expect("it is piped");
    stdin.write_all(question.to_string().as_bytes()).expect("the script reads");
    drop(stdin);
    let output = process.wait_with_output().expect("the script ends");
    // Why it refused what it refused: shown only if the test fails.
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}: {}", output.status);
    serde_json::from_slice(&output.stdout).expect("the script answers in JSON")
}
