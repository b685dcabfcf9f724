//! What a table of the user's own has to be, and what its columns and its schema mean for a repair.

use serde_json::json;

use super::{ARCHIVE, TARGET, fill, rules, run, undo};
use crate::state::dump;
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_every_engine!(what_cannot_be_a_target_is_told_with_what_to_do, a_table_that_is_gone_is_told_when_its_run_is_undone,);
test_on!(only_postgres, Postgres, a_rewrite_that_the_column_cannot_hold_is_known_before, a_run_stays_in_one_schema);
test_on!(
    only_mariadb,
    MySql,
    a_rewrite_that_the_column_cannot_hold_is_known_before,
    what_changes_by_itself_is_kept,
    a_table_without_transactions_is_refused
);

async fn what_cannot_be_a_target_is_told_with_what_to_do(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let native = match engine {
        Engine::Postgres => "jsonb",
        Engine::MySql => "blob",
        Engine::Sqlite => "json",
    };
    let computed = if engine == Engine::Sqlite { "text" } else { "varchar(10)" };
    let view = "CREATE VIEW shown AS SELECT id, note FROM odd";
    database
        .execute(&format!(
            "CREATE TABLE odd (id integer NOT NULL, code varchar(50) UNIQUE, price numeric(9, 2) NOT NULL UNIQUE,
                native {native}, note text, shout {computed} GENERATED ALWAYS AS (upper(code)) STORED, PRIMARY KEY (id));
             CREATE TABLE heap (id integer NOT NULL, note text);
             CREATE UNIQUE INDEX odd_code ON odd (id, code); {view}"
        ))
        .await;
    let target = |table: &str, key: &str, value: &str, more: &str| {
        format!("[[target]]\ntable = '{table}'\nkey = {key}\nvalue = '{value}'\nreader = 'rfc8259'\n{more}")
    };
    let cases = [
        (target("odds", "'id'", "note", ""), "no table odds, which the rules declare", "check its name"),
        (target("audit.odd", "'id'", "note", ""), "no table audit.odd", "which the URL names"),
        (target("shown", "'id'", "note", ""), "no table shown", "check its name"),
        (target("odd", "'number'", "note", ""), "no column number", "its columns are id, code, price"),
        (target("odd", "'id'", "notes", ""), "no column notes", "its columns are"),
        (target("odd", "'code'", "note", ""), "key column code may be null", "another primary key or unique index"),
        (target("odd", "'price'", "note", ""), "key column price is", "another primary key or unique index"),
        (target("heap", "'id'", "note", ""), "no primary key or unique index has the columns id", "give the table"),
        (target("odd", "'id'", "native", ""), "native", "hint: "),
        (target("odd", "'id'", "shout", ""), "value column shout is computed", "computed from"),
        (target("odd", "'id'", "note", "identity = 'price'"), "identity column price is", "out of `identity`"),
        (target("odd", "'id'", "note", "written_at = 'id'"), "column id is", "leave `written_at` out"),
        (
            target("task_state_store", "'id'", "value", ""),
            "task_state_store is one of Airflow's state tables",
            "leave the target out",
        ),
    ];
    for (text, what, hint) in cases {
        for command in [&["scan"][..], &["repair", "--yes"]] {
            run(&database, command, &rules(&text)).exits(3).says(what).says(hint);
        }
    }
    // What cannot be used may be passed over.
    run(&database, &["scan", "--table", "task_state_store"], &rules(&target("odds", "'id'", "note", ""))).exits(0);
}

async fn a_table_that_is_gone_is_told_when_its_run_is_undone(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database.execute(ARCHIVE).await;
    fill(&database, &["raw"]).await;
    let mended = run(&database, &["repair", "--yes"], &rules(TARGET)).exits(0).json();
    let run = mended["run_id"].as_str().expect("a run");
    let undo = || statemend(&["undo", run, "--yes", "--url", database.url()]);
    database.execute("DROP TABLE archive").await;
    undo().exits(3).says("there is no table archive");
    database.execute("CREATE TABLE archive (id integer NOT NULL PRIMARY KEY, payload text)").await;
    undo().exits(3).says("the table archive cannot be worked on: it has no column batch");
}

async fn a_table_without_transactions_is_refused(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database.execute(&format!("{ARCHIVE} ENGINE = MyISAM")).await;
    run(&database, &["scan"], &rules(TARGET))
        .exits(3)
        .says("kept by MyISAM, which knows no transactions")
        .says("InnoDB");
}

async fn a_run_stays_in_one_schema(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    database.execute("CREATE SCHEMA audit; SET search_path = audit").await;
    database
        .execute(&format!(
            "SET search_path = audit; {ARCHIVE}; INSERT INTO archive VALUES ('b', 1, NULL, NULL, 'raw', NULL)"
        ))
        .await;
    let rules = rules(TARGET);
    let at = |path: &str| format!("{}?options=-csearch_path%3D{path}", database.url());
    let scan = |url: &str| statemend(&["scan", "--rules", &rules.path, "--url", url, "--format", "json"]);
    scan(database.url()).exits(3).says("no table archive");
    scan(&at("public,audit"))
        .exits(3)
        .says("the table archive is in the schema audit, and others of this run are in public")
        .says("search_path%3Daudit");
    let url = at("audit");
    assert_eq!(scan(&url).exits(10).json()["totals"]["errors"], 1);
    let repair = ["repair", "--yes", "--rules", &rules.path, "--url", &url, "--format", "json"];
    let report = statemend(&repair).exits(0).json();
    assert_eq!(database.rows("SELECT table_name FROM audit.statemend_change").await, [[Some("archive".to_owned())]]);
    let run = report["run_id"].as_str().expect("a run");
    statemend(&["undo", run, "--yes", "--url", &url]).exits(0);
    assert_eq!(database.rows("SELECT payload FROM audit.archive").await, [[Some("raw".to_owned())]]);
}

async fn a_rewrite_that_the_column_cannot_hold_is_known_before(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database.execute("CREATE TABLE notes (id integer NOT NULL PRIMARY KEY, note varchar(10) NOT NULL)").await;
    database.execute("INSERT INTO notes VALUES (1, '12345678 x'), (2, '1 x'), (3, '\"ü\" ü')").await;
    let rules = rules("[[target]]\ntable = 'notes'\nkey = 'id'\nvalue = 'note'\nreader = 'rfc8259'");
    let planned = run(&database, &["repair", "--dry-run"], &rules).exits(10).json();
    assert_eq!((&planned["totals"]["rewritten"], &planned["totals"]["skipped"]), (&json!(1), &json!(2)));
    let mended = run(&database, &["repair", "--yes"], &rules).exits(11).json();
    assert_eq!(mended["totals"]["rewritten"], 1);
    let reasons: Vec<_> = mended["findings"].as_array().expect("a list").iter().map(|row| &row["reason"]).collect();
    assert_eq!(reasons, [&json!("too_long"), &json!(null), &json!("too_long")]);
}

async fn what_changes_by_itself_is_kept(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database
        .execute(
            "CREATE TABLE events (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, payload longtext NOT NULL,
                touched timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
                seen datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP);
             INSERT INTO events VALUES (1, 'raw', '2020-01-02 03:04:05.678901', '2020-01-02 03:04:05')",
        )
        .await;
    let before = dump(&database, "events").await;
    let rules = rules("[[target]]\ntable = 'events'\nkey = 'id'\nvalue = 'payload'\nreader = 'mysql-json'");
    let mended = run(&database, &["repair", "--yes"], &rules).exits(0).json();
    let kept = "SELECT payload, CAST(touched AS CHAR), CAST(seen AS CHAR) FROM events";
    let expected = ["\"raw\"", "2020-01-02 03:04:05.678901", "2020-01-02 03:04:05"].map(|text| Some(text.to_owned()));
    assert_eq!(database.rows(kept).await, [expected]);
    undo(&database, &mended);
    assert_eq!(dump(&database, "events").await, before);
}
