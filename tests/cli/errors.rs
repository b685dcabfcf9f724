use insta::assert_snapshot;

use crate::statemend::{Ran, ran};
use crate::terminal::{Folder, URL};

/// A command, how it ended, and what it said.
fn told(args: &[&str], ran: &Ran) -> String {
    let Ran { code, stdout, stderr } = ran;
    assert_eq!(stdout, "", "errors belong on standard error");
    let typed = [&["statemend"], args].concat().join(" ");
    format!("$ {typed}\n{stderr}[exit {code}]\n")
}

#[test]
fn wrong_usage_is_told_with_exit_code_2() {
    let cases: &[&[&str]] = &[
        &["mend"],
        &["scan", "--format", "xml"],
        &["scan", "--fail-on", "everything"],
        &["scan", "--max-findings", "many"],
        &["scan", "--table", "dag_run", "--url", URL],
        &["scan", "-v", "-q"],
        &["check", "--full-every", "1d", "--url", URL],
        &["check", "--metrics-file", "metrics.txt", "--url", URL],
        &["check", "--state", "no-such-folder/state.jsonl", "--url", URL],
        &["check", "--state", "airflow.db", "--url", URL],
        &["repair", "--url", URL],
        &["repair", "--dry-run", "--yes"],
        &["undo"],
        &["undo", "20260501-120000-none", "--yes", "--url", URL],
        &["undo", "20260501-120000-none", "--url", URL],
        &["runs", "20260501-120000-none", "--url", URL],
        &["runs", "20260501-120000-none", "--purge-older-than", "30d"],
        &["runs", "--purge-older-than", "soon"],
        &["runs", "--purge-older-than", "100000y", "--yes", "--url", URL],
        &["runs", "--yes"],
        &["repair", "--yes", "--chunk-time", "300000000000y", "--url", URL],
        &["repair", "--yes", "--chunk-time", "0s", "--url", URL],
        &["scan", "--format", "csv", "--max-findings", "5", "--url", URL],
        &["scan", "--output", "no-such-folder/report", "--url", URL],
        &["scan", "--legacy-before", "2999-05-25T10:00:00Z", "--url", URL],
        &["scan", "--legacy-before", "2026-05-25", "--url", URL],
        &["scan", "--legacy-before", "2026-05-25T10:00:00", "--url", URL],
        &["scan", "--legacy-before", "2026-05-25T10:00:00+02:00", "--url", URL],
    ];
    let folder = Folder::with_database();
    let tell = |args: &&[&str]| told(args, &folder.run(args).exits(2));
    assert_snapshot!("wrong_usage", cases.iter().map(tell).collect::<Vec<_>>().join("\n"));
}

#[test]
fn without_a_command_the_help_is_an_error() {
    let folder = Folder::empty();
    assert_eq!(folder.run(&[]).exits(2).stderr, folder.run(&["-h"]).exits(0).stdout);
}

#[test]
fn a_wrong_url_is_told_without_its_password() {
    let urls = [
        "airflow",
        "postgresql:/airflow:hunter2@db/airflow",
        "mssql+pyodbc://airflow:hunter2@db/airflow",
        "postgresql+psycopg2://airflow:hunter2@db:port/airflow",
        "postgresql://airflow:hunter2@db/airflow?sslmode=always",
        "postgresql+asyncpg://airflow:hunter2@db/airflow?ssl=true",
        "postgresql://airflow:hunter2@db:99999/airflow",
        "sqlite://",
    ];
    let folder = Folder::empty();
    let tell = |url: &str| told(&["scan", "--url", url], &folder.run(&["scan", "--url", url]).exits(2));
    let told = urls.map(tell).join("\n");
    assert_eq!(told.matches("hunter2").count(), 6, "once in each command, and nowhere else:\n{told}");
    assert_snapshot!("wrong_urls", told);
}

#[test]
fn a_configuration_without_a_database_is_told_with_what_to_do() {
    let connection = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN";
    let cases: &[&[(&str, &str)]] = &[
        &[("STATEMEND_URL", "db/airflow")],
        &[(connection, "")],
        &[(connection, "oracle://airflow:hunter2@db/airflow")],
        &[("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET", "connections/airflow")],
        &[("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD", "false --token hunter2")],
        &[("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD", "no-such-program hunter2")],
        &[("AIRFLOW_CONFIG", "/no/such/airflow.cfg")],
        &[("AIRFLOW_CONFIG", "broken.cfg")],
        &[("AIRFLOW_CONFIG", "secret.cfg")],
    ];
    let folder = Folder::empty();
    folder.write("broken.cfg", "[database]\nhunter2\n");
    folder.write("secret.cfg", "[database]\nsql_alchemy_conn_secret = connections/airflow\n");
    let tell = |variables: &&[(&str, &str)]| {
        let mut command = folder.command(&["scan"]);
        let said = ran(command.envs(variables.iter().copied()).output().expect("the program starts")).exits(2);
        assert!(!said.stderr.contains("hunter2"), "{}", said.stderr);
        let set: Vec<String> = variables.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        told(&["scan"], &said).replacen("$ ", &format!("$ {}", set.concat()), 1)
    };
    assert_snapshot!("wrong_configuration", cases.iter().map(tell).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_database_that_cannot_be_used_is_told_with_exit_code_3() {
    let cases: [&[&str]; 4] = [
        &["scan"],
        &["scan", "--url", "sqlite:///no-such-file.db"],
        &["scan", "--url", "sqlite:///text.db"],
        &["scan", "--url", "sqlite:///empty.db"],
    ];
    let folder = Folder::empty();
    folder.write("text.db", &"This is not a database. ".repeat(100));
    folder.write("empty.db", "");
    let tell = |args: &[&str]| told(args, &folder.run(args).exits(3));
    assert_snapshot!("unusable_databases", cases.map(tell).join("\n"));
}
