//! TLS with a private authority, in the spellings of Airflow's URLs: what has to be checked is checked.

use std::sync::LazyLock;

use crate::server::Server;
use crate::state::{dump_all, fill_tasks};
use crate::statemend::{Ran, statemend};
use crate::support::{Engine, TestDatabase};
use crate::{kind, plain};

on_both_servers!(
    a_repair_and_its_undo_work_with_a_private_authority,
    a_server_that_another_authority_vouches_for_is_refused,
    a_certificate_for_another_host_is_refused,
    a_server_without_tls_is_refused,
    tls_is_used_unless_the_url_forbids_it,
    a_root_certificate_that_is_not_there_is_told,
);

/// The password of the superuser, in its URL and behind it.
const PASSWORDS: [&str; 2] = ["p%40ss", "p@ss"];

/// What checks the authority and the host, with the driver that spells it so.
fn full_checks(engine: Engine) -> &'static [(&'static str, &'static str)] {
    match engine {
        Engine::Postgres => &[
            ("postgresql+psycopg2", "sslmode=verify-full&sslrootcert={root}"),
            ("postgresql+psycopg", "sslrootcert={root}&sslmode=verify-full"),
        ],
        _ => &[
            ("mysql+mysqldb", "ssl_mode=VERIFY_IDENTITY&ssl_ca={root}"),
            ("mysql+mysqldb", "ssl_ca={root}&ssl_check_hostname=true"),
            ("mysql+pymysql", "ssl_ca={root}"),
            ("mysql+mysqlconnector", "ssl_ca={root}&ssl_verify_cert=true&ssl_verify_identity=true"),
        ],
    }
}

/// What checks the authority alone.
fn authority_checks(engine: Engine) -> &'static [(&'static str, &'static str)] {
    match engine {
        Engine::Postgres => &[
            ("postgresql+psycopg2", "sslmode=verify-ca&sslrootcert={root}"),
            ("postgresql+psycopg2", "sslmode=require&sslrootcert={root}"),
        ],
        _ => &[
            ("mysql+mysqldb", "ssl_mode=VERIFY_CA&ssl_ca={root}"),
            ("mysql+mysqldb", "ssl_ca={root}"),
            ("mysql+pymysql", "ssl_ca={root}&ssl_check_hostname=false"),
        ],
    }
}

/// A server that demands TLS and whose certificate is for `localhost`.
fn secured(engine: Engine) -> &'static Server {
    static POSTGRES: LazyLock<Server> = LazyLock::new(|| Server::start(&["postgres", "--tls"]));
    static MARIADB: LazyLock<Server> = LazyLock::new(|| Server::start(&["mariadb", "--tls"]));
    if engine == Engine::Postgres { &POSTGRES } else { &MARIADB }
}

/// The URL that an Airflow with this driver would have.
fn url(database: &TestDatabase, (driver, options): (&str, &str), root: &str) -> String {
    let (_, rest) = database.url().split_once("://").expect("a URL");
    format!("{driver}://{}?{}", rest.replace("127.0.0.1", "localhost"), options.replace("{root}", root))
}

async fn with_a_bad_row(server: &Server, engine: Engine) -> TestDatabase {
    let database = TestDatabase::fresh_on(engine, server.url()).await;
    fill_tasks(&database, &["bad", "1"]).await;
    database
}

/// Insists that there is no connection, and that nobody learns the password.
#[track_caller]
fn assert_refused(url: &str) -> Ran {
    let refused = statemend(&["scan", "-vv", "--url", url]).exits(3).says("no connection to").says("hint: ");
    for password in PASSWORDS {
        assert!(!refused.stdout.contains(password) && !refused.stderr.contains(password), "{}", refused.stderr);
    }
    refused
}

async fn a_repair_and_its_undo_work_with_a_private_authority(engine: Engine) {
    let server = secured(engine);
    let database = with_a_bad_row(server, engine).await;
    let before = dump_all(&database).await;
    let root = server.told("root_certificate");
    for &check in full_checks(engine).iter().chain(authority_checks(engine)) {
        statemend(&["scan", "--url", &url(&database, check, root)]).exits(10);
    }
    let url = url(&database, full_checks(engine)[0], root);
    let report = statemend(&["repair", "--yes", "--url", &url, "--format", "json"]).exits(0).json();
    assert_eq!(report["totals"]["rewritten"], 1);
    statemend(&["scan", "--url", &url]).exits(0);
    statemend(&["undo", report["run_id"].as_str().expect("a run"), "--yes", "--url", &url]).exits(0);
    assert_eq!(dump_all(&database).await, before);
}

async fn a_server_that_another_authority_vouches_for_is_refused(engine: Engine) {
    let server = secured(engine);
    let database = with_a_bad_row(server, engine).await;
    for &check in full_checks(engine).iter().chain(authority_checks(engine)) {
        let url = url(&database, check, server.told("other_certificate"));
        assert_refused(&url).says("UnknownIssuer").says("check the server's certificate");
    }
}

async fn a_certificate_for_another_host_is_refused(engine: Engine) {
    let server = Server::start(&[kind(engine), "--tls", "db.example"]);
    let database = with_a_bad_row(&server, engine).await;
    let root = server.told("root_certificate");
    for &check in full_checks(engine) {
        let refused = assert_refused(&url(&database, check, root));
        refused.says("localhost").says("db.example").says("check the server's certificate");
    }
    for &check in authority_checks(engine) {
        statemend(&["scan", "--url", &url(&database, check, root)]).exits(10);
    }
}

async fn a_server_without_tls_is_refused(engine: Engine) {
    let database = with_a_bad_row(plain(engine), engine).await;
    let root = secured(engine).told("root_certificate");
    let encrypted = if engine == Engine::Postgres { "sslmode=require" } else { "ssl_mode=REQUIRED" };
    let (driver, _) = full_checks(engine)[0];
    for &check in full_checks(engine).iter().chain(authority_checks(engine)).chain(&[(driver, encrypted)]) {
        assert_refused(&url(&database, check, root)).says("server does not support TLS");
    }
}

async fn tls_is_used_unless_the_url_forbids_it(engine: Engine) {
    let database = with_a_bad_row(secured(engine), engine).await;
    let clear = if engine == Engine::Postgres { "sslmode=disable" } else { "ssl_disabled=true" };
    let (driver, _) = full_checks(engine)[0];
    statemend(&["scan", "--url", database.url()]).exits(10);
    assert_refused(&url(&database, (driver, clear), ""));
}

async fn a_root_certificate_that_is_not_there_is_told(engine: Engine) {
    let database = with_a_bad_row(secured(engine), engine).await;
    for &check in full_checks(engine) {
        assert_refused(&url(&database, check, "/no/such/file")).says("check the files that the URL names");
    }
}
