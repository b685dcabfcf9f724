//! Tables of the user's own: declared in the file of rules, and worked on like Airflow's.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::check::now;
use crate::state::{dump, fill_tasks, task_values};
use crate::statemend::{Ran, statemend};
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    a_table_of_ones_own_is_scanned_mended_and_put_back_beside_airflows,
    a_database_without_airflow_will_do_and_an_undo_needs_no_file,
    a_plan_holds_for_the_targets_it_was_made_with,
    a_run_goes_on_only_with_the_same_targets,
    keys_of_any_text_are_walked_along_in_chunks,
    each_reader_has_its_say,
    what_is_null_is_no_value,
    a_table_of_ones_own_is_compared_with_the_last_check,
    what_cannot_be_a_target_is_told_with_what_to_do,
    a_table_that_is_gone_is_told_when_its_run_is_undone,
    what_is_said_of_airflows_past_is_not_said_of_other_tables,
);
test_on!(
    only_postgres,
    Postgres,
    a_rewrite_that_the_column_cannot_hold_is_known_before,
    a_run_stays_in_one_schema,
    an_index_that_compares_in_another_way_does_not_count
);
test_on!(
    only_mariadb,
    MySql,
    a_rewrite_that_the_column_cannot_hold_is_known_before,
    what_changes_by_itself_is_kept,
    a_key_of_64_bits_without_a_sign_is_an_error_where_it_needs_them,
    a_table_without_transactions_is_refused
);
test_on!(only_sqlite, Sqlite, a_key_that_is_not_what_its_column_says_is_an_error, columns_may_be_called_like_rowids);

const ARCHIVE: &str = "CREATE TABLE archive (
    batch varchar(100) NOT NULL, id integer NOT NULL, dag_id varchar(100), task_id varchar(100), payload text,
    stored_at timestamp NULL, PRIMARY KEY (batch, id))";

const TARGET: &str = r#"
[[target]]
table = "archive"
key = ["batch", "id"]
value = "payload"
identity = ["dag_id", "task_id"]
written_at = "stored_at"
reader = "jsonb"
"#;

/// A file of rules that is there as long as the test.
struct Rules {
    _directory: TempDir,
    path: String,
}

fn rules(text: &str) -> Rules {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("rules.toml");
    fs::write(&path, format!("version = 1\n{text}")).expect("the rules");
    Rules { path: path.to_str().expect("a path").to_owned(), _directory: directory }
}

fn run(database: &TestDatabase, command: &[&str], rules: &Rules) -> Ran {
    let by_rules = ["--rules", &rules.path, "--url", database.url(), "--format", "json"];
    statemend(&[command, &by_rules[..]].concat())
}

fn undo(database: &TestDatabase, report: &Value) {
    let run = report["run_id"].as_str().expect("a run");
    statemend(&["undo", run, "--yes", "--url", database.url()]).exits(0);
}

/// Rows of batch `b`, the first with id 1, of different DAGs in turns.
async fn fill(database: &TestDatabase, values: &[&str]) {
    let row = |(id, value): (usize, &&str)| {
        let dag = if id % 2 == 0 { "sales" } else { "hr" };
        let value = database.engine.literal(value);
        format!("('b', {}, '{dag}', 'load', {value}, '2026-05-0{} 03:02:01')", id + 1, id % 9 + 1)
    };
    let rows: Vec<_> = values.iter().enumerate().map(row).collect();
    database.execute(&format!("INSERT INTO archive VALUES {}", rows.join(", "))).await;
}

async fn payloads(database: &TestDatabase) -> Vec<String> {
    let rows = database.rows("SELECT payload FROM archive ORDER BY batch, id").await;
    rows.into_iter().map(|mut row| row.remove(0).unwrap_or_else(|| "NULL".to_owned())).collect()
}

async fn a_table_of_ones_own_is_scanned_mended_and_put_back_beside_airflows(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    database.execute(ARCHIVE).await;
    fill_tasks(&database, &["raw", "[NaN]"]).await;
    fill(&database, &[r#"["\u0000"]"#, "[NaN]", r#"{"a": 1}"#, "raw", "{'a': 1}", r#""\ud800""#]).await;
    let before = dump(&database, "archive").await;
    let rules = rules(&format!(
        "{TARGET}\n[[rule]]\nname = 'of sales'\ntable = 'archive'\ndag = 'sales'\ntask = '*'\nwritten_before = \
         2026-05-05T00:00:00Z\naction = 'replace'\n[[rule]]\ntable = 'archive'\nkind = 'python_literal'\naction = 'decode'\n"
    ));

    let scanned = run(&database, &["scan"], &rules).exits(10).json();
    let tables: Vec<_> = scanned["tables"].as_array().expect("a list").iter().map(|table| &table["table"]).collect();
    assert_eq!(tables, ["task_state_store", "asset_state_store", "archive"]);
    let archive = &scanned["tables"][2];
    assert_eq!(
        (&archive["generation"], &archive["reader"], &archive["errors"]),
        (&json!(null), &json!("jsonb"), &json!(5))
    );
    assert_eq!(archive["unreadable_lists"], 0, "lists are Airflow's");
    assert_eq!(scanned["tables"][0]["errors"], 1, "NaN is a warning to Airflow");
    let of_archive = |row: &&Value| row["table"] == "archive";
    let finding = scanned["findings"].as_array().expect("a list").iter().find(of_archive).expect("a finding");
    assert_eq!(finding["key"], json!({"batch": "b", "id": 1}));
    assert_eq!(finding["identity"], json!({"dag_id": "sales", "task_id": "load", "batch": "b", "id": 1}));
    assert_eq!(finding["readers"], json!({"jsonb": "error"}));
    assert_eq!(dump(&database, "archive").await, before);

    let mended = run(&database, &["repair", "--yes"], &rules).exits(0).json();
    let expected = [r#"["\ufffd"]"#, r#""[NaN]""#, r#"{"a": 1}"#, r#""raw""#, r#"{"a": 1}"#, r#""\"\\ud800\"""#];
    assert_eq!(payloads(&database).await, expected);
    assert_eq!(mended["rules"][0], json!({"rule": "of sales", "action": "replace", "rewritten": 1}));
    assert_eq!(task_values(&database).await, ["\"raw\"", "[NaN]"]);
    run(&database, &["scan"], &rules).exits(0);
    assert_eq!(run(&database, &["repair", "--yes"], &rules).exits(0).json()["totals"]["rewritten"], 0);
    undo(&database, &mended);
    assert_eq!(dump(&database, "archive").await, before);
    assert_eq!(task_values(&database).await, ["raw", "[NaN]"]);

    let one = run(&database, &["repair", "--yes", "--table", "archive"], &rules).exits(0).json();
    assert_eq!(one["totals"]["rewritten"], 5);
    assert_eq!(task_values(&database).await, ["raw", "[NaN]"], "--table picks");
    statemend(&["scan", "--table", "archive", "--url", database.url()]).exits(2).says("no state table archive");
}

async fn a_database_without_airflow_will_do_and_an_undo_needs_no_file(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database.execute(ARCHIVE).await;
    fill(&database, &["raw", "1", "[NaN]"]).await;
    let before = dump(&database, "archive").await;
    let rules = rules(TARGET);
    let ran = run(&database, &["scan"], &rules).exits(10);
    assert!(!ran.stderr.contains("Airflow"), "{}", ran.stderr);
    statemend(&["scan", "--url", database.url()]).exits(3).says("no table task_state_store");
    statemend(&["runs", "--url", database.url()]).exits(3).says("no table task_state_store");
    let mended = run(&database, &["repair", "--yes"], &rules).exits(0).json();
    assert_eq!(mended["totals"]["rewritten"], 2);
    statemend(&["scan", "--url", database.url()]).exits(3).says("no table task_state_store");
    fs::remove_file(&rules.path).expect("the file is gone");

    let runs = statemend(&["runs", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(runs["runs"][0]["tables"][0]["target"], json!({"value": "payload", "reader": "jsonb"}));
    let run = mended["run_id"].as_str().expect("a run");
    let details = statemend(&["runs", run, "--url", database.url()]).exits(0).stdout;
    assert!(details.contains("archive  payload, read by jsonb"), "{details}");
    database.execute("UPDATE archive SET payload = '[1]' WHERE id = 3").await;
    let undone = statemend(&["undo", run, "--yes", "--url", database.url(), "--format", "json"]).exits(11).json();
    assert_eq!((&undone["totals"]["rewritten"], &undone["totals"]["drifted"]), (&json!(1), &json!(1)));
    database.execute("UPDATE archive SET payload = '[NaN]' WHERE id = 3").await;
    assert_eq!(dump(&database, "archive").await, before);
}

async fn a_plan_holds_for_the_targets_it_was_made_with(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    database.execute(ARCHIVE).await;
    fill(&database, &["raw", "[NaN]", "late"]).await;
    let before = dump(&database, "archive").await;
    let as_jsonb = rules(TARGET);
    let plan = format!("{}.plan", as_jsonb.path);
    run(&database, &["scan", "--plan-out", &plan], &as_jsonb).exits(10);
    let carry_out = ["repair", "--yes", "--plan", &plan];
    let other = rules(&TARGET.replace("jsonb", "json.loads"));
    run(&database, &carry_out, &other).exits(2).says("made by other rules");
    statemend(&["repair", "--yes", "--plan", &plan, "--url", database.url()]).exits(2).says("made by other rules");
    assert_eq!(dump(&database, "archive").await, before);
    database.execute("UPDATE archive SET payload = 'later' WHERE id = 3").await;
    let done = run(&database, &carry_out, &as_jsonb).exits(11).json();
    assert_eq!((&done["totals"]["rewritten"], &done["totals"]["drifted"]), (&json!(2), &json!(1)));
    assert_eq!(done["findings"][0]["readers"], json!({"jsonb": "error"}));
    assert_eq!(payloads(&database).await, [r#""raw""#, r#""[NaN]""#, "later"]);
    undo(&database, &done);
    database.execute("UPDATE archive SET payload = 'late' WHERE id = 3").await;
    assert_eq!(dump(&database, "archive").await, before);
}

async fn a_run_goes_on_only_with_the_same_targets(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database.execute(ARCHIVE).await;
    fill(&database, &["raw", "[NaN]"]).await;
    let as_jsonb = rules(TARGET);
    let first = run(&database, &["repair", "--yes"], &as_jsonb).exits(0).json();
    // As if it had been interrupted.
    let interrupt = "UPDATE statemend_run SET state = 'interrupted', finished_at = NULL";
    database.execute(interrupt).await;
    let again = run(&database, &["repair", "--yes"], &as_jsonb).exits(0).json();
    assert_eq!(again["run_id"], first["run_id"]);
    database.execute(interrupt).await;
    let other = rules(&TARGET.replace("jsonb", "rfc8259"));
    let started_over =
        run(&database, &["repair", "--yes"], &other).exits(0).says("with other targets of the same tables");
    assert_ne!(started_over.json()["run_id"], first["run_id"]);
}

async fn keys_of_any_text_are_walked_along_in_chunks(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database.execute(ARCHIVE).await;
    let batches =
        ["", "a", "a b", "it's", "\"q\"", "`t`", "a/b", "back\\slash", "%s $1 ?", "Ünïcödé ключ", "z", "tab\there"];
    let mut rows = Vec::new();
    for batch in batches {
        let batch = engine.literal(batch);
        rows.extend((1..=30).map(|id| format!("({batch}, {id}, NULL, NULL, 'bad {id}', NULL)")));
    }
    database.execute(&format!("INSERT INTO archive VALUES {}", rows.join(", "))).await;
    let before = dump(&database, "archive").await;
    let rules = rules(TARGET);
    let mended = run(&database, &["repair", "--yes", "--chunk-rows", "7"], &rules).exits(0).json();
    assert_eq!(mended["totals"]["rewritten"], rows.len());
    assert_eq!(mended["totals"]["rows_scanned"], rows.len());
    run(&database, &["scan"], &rules).exits(0);
    undo(&database, &mended);
    assert_eq!(dump(&database, "archive").await, before);
}

async fn each_reader_has_its_say(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database.execute(ARCHIVE).await;
    let deep = "[".repeat(150) + &"]".repeat(150);
    let values = ["[NaN]", r#""\ud800""#, r#""\u0000""#, "[1e400]", "18446744073709551616", &deep, "null", "raw"];
    fill(&database, &values).await;
    for (reader, errors, warnings) in
        [("airflow", 2, 3), ("json.loads", 1, 3), ("rfc8259", 2, 1), ("jsonb", 4, 0), ("mysql-json", 5, 1)]
    {
        let rules = rules(&TARGET.replace("jsonb", reader));
        let before = dump(&database, "archive").await;
        let scanned = run(&database, &["scan"], &rules).exits(10).json();
        let found = [&scanned["totals"]["errors"], &scanned["totals"]["warnings"]];
        assert_eq!(found, [&json!(errors), &json!(warnings)], "{reader}");
        let mended = run(&database, &["repair", "--yes"], &rules).exits(0).json();
        assert_eq!(mended["totals"]["rewritten"], errors, "{reader}: what it fails on is mended and nothing else");
        assert_eq!(run(&database, &["scan"], &rules).exits(0).json()["totals"]["warnings"], warnings, "{reader}");
        undo(&database, &mended);
        assert_eq!(dump(&database, "archive").await, before);
    }
}

async fn what_is_null_is_no_value(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database.execute(ARCHIVE).await;
    fill(&database, &["raw", "x", "[1]", "raw"]).await;
    database.execute("UPDATE archive SET payload = NULL WHERE id IN (2, 4)").await;
    let rules = rules(TARGET);
    let mended = run(&database, &["repair", "--yes"], &rules).exits(0).json();
    assert_eq!((&mended["totals"]["rows_scanned"], &mended["totals"]["rewritten"]), (&json!(2), &json!(1)));
    database.execute("UPDATE archive SET payload = NULL WHERE id = 1").await;
    let run = mended["run_id"].as_str().expect("a run");
    let undone = statemend(&["undo", run, "--yes", "--url", database.url(), "--format", "json"]).exits(11).json();
    assert_eq!(undone["totals"]["drifted"], 1);
    assert_eq!(payloads(&database).await, ["NULL", "NULL", "[1]", "NULL"]);
}

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

async fn what_is_said_of_airflows_past_is_not_said_of_other_tables(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    database.execute(ARCHIVE).await;
    fill_tasks(&database, &["42"]).await;
    fill(&database, &["42"]).await;
    let legacy = ["repair", "--yes", "--legacy-before", "2026-06-01T00:00:00Z"];
    run(&database, &legacy, &rules(TARGET)).exits(0);
    assert_eq!(
        (task_values(&database).await, payloads(&database).await),
        (vec!["\"42\"".to_owned()], vec!["42".to_owned()])
    );
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

async fn an_index_that_compares_in_another_way_does_not_count(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database
        .execute(
            "CREATE DOMAIN document AS varchar(2000) CHECK (length(VALUE) > 1);
             CREATE TABLE archive (a text NOT NULL, b integer NOT NULL, c text COLLATE \"C\" NOT NULL, payload document);
             CREATE UNIQUE INDEX ON archive (a COLLATE \"C\");
             CREATE UNIQUE INDEX ON archive (b) WHERE b > 0;
             CREATE UNIQUE INDEX ON archive (a, b DESC);
             CREATE UNIQUE INDEX ON archive (lower(a));
             CREATE UNIQUE INDEX ON archive (c text_pattern_ops);
             CREATE UNIQUE INDEX ON archive (c DESC, b DESC) INCLUDE (a);
             INSERT INTO archive VALUES ('x', 1, 'x', 'raw'), ('y', 2, 'y', '[1]')",
        )
        .await;
    let target = |key: &str| format!("[[target]]\ntable = 'archive'\nkey = {key}\nvalue = 'payload'\nreader = 'jsonb'");
    for key in ["'a'", "'b'", "['a', 'b']", "'c'", "['b', 'c']"] {
        run(&database, &["scan"], &rules(&target(key))).exits(3).says("in this order").says("it has these: c, b");
    }
    let report = run(&database, &["repair", "--yes"], &rules(&target("['c', 'b']"))).exits(0).json();
    assert_eq!(report["totals"]["rewritten"], 1);
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

async fn a_key_of_64_bits_without_a_sign_is_an_error_where_it_needs_them(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database
        .execute(
            "CREATE TABLE events (id bigint unsigned NOT NULL PRIMARY KEY, payload text);
             INSERT INTO events VALUES (9223372036854775807, 'raw')",
        )
        .await;
    let rules = rules("[[target]]\ntable = 'events'\nkey = 'id'\nvalue = 'payload'\nreader = 'rfc8259'");
    assert_eq!(run(&database, &["scan"], &rules).exits(10).json()["totals"]["rows_scanned"], 1);
    database.execute("INSERT INTO events VALUES (9223372036854775808, 'raw')").await;
    run(&database, &["scan"], &rules).exits(1).says("a key is larger than");
}

async fn a_table_without_transactions_is_refused(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database.execute(&format!("{ARCHIVE} ENGINE = MyISAM")).await;
    run(&database, &["scan"], &rules(TARGET))
        .exits(3)
        .says("kept by MyISAM, which knows no transactions")
        .says("InnoDB");
}

async fn a_key_that_is_not_what_its_column_says_is_an_error(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database
        .execute(
            "CREATE TABLE archive (id integer NOT NULL UNIQUE, payload text);
             INSERT INTO archive VALUES (1, 'raw'), ('seven', 'raw');
             CREATE TABLE nocase (name text NOT NULL COLLATE NOCASE, payload text);
             CREATE UNIQUE INDEX exact ON nocase (name COLLATE BINARY)",
        )
        .await;
    let target = |table: &str, key: &str| {
        format!("[[target]]\ntable = '{table}'\nkey = '{key}'\nvalue = 'payload'\nreader = 'json.loads'")
    };
    run(&database, &["scan"], &rules(&target("archive", "id"))).exits(1).says("a key holds TEXT");
    run(&database, &["scan"], &rules(&target("nocase", "name"))).exits(3).says("runs along its key");
}

async fn columns_may_be_called_like_rowids(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    database
        .execute(
            "CREATE TABLE archive (rowid text NOT NULL, oid integer NOT NULL, payload text, PRIMARY KEY (rowid, oid)) WITHOUT ROWID;
             INSERT INTO archive VALUES ('x', 1, 'raw'), ('x', 2, '[1]'), ('y', 1, 'raw')",
        )
        .await;
    let before = dump(&database, "archive").await;
    let rules =
        rules("[[target]]\ntable = 'archive'\nkey = ['rowid', 'oid']\nvalue = 'payload'\nreader = 'json.loads'");
    let mended = run(&database, &["repair", "--yes"], &rules).exits(0).json();
    assert_eq!(mended["totals"]["rewritten"], 2);
    undo(&database, &mended);
    assert_eq!(dump(&database, "archive").await, before);
}

async fn a_table_of_ones_own_is_compared_with_the_last_check(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    database.execute(ARCHIVE).await;
    fill(&database, &["raw", "1", "raw", "raw"]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.jsonl").display().to_string();
    let check = |rules: &Rules, more: &[&str]| {
        let usual = ["check", "--incremental", "--fail-on", "new", "--state", &state];
        run(&database, &[&usual, more].concat(), rules)
    };
    let rules_then = rules(TARGET);
    check(&rules_then, &[]).exits(0);
    let stored = format!("payload = {}, stored_at = {}", engine.literal(r#"["\u0000"]"#), now(engine));
    database.execute(&format!("UPDATE archive SET {stored} WHERE id = 2")).await;
    database.execute("UPDATE archive SET payload = NULL WHERE id = 1; DELETE FROM archive WHERE id = 3").await;
    let report = check(&rules_then, &[]).exits(10).json();
    let rows = &report["tables"][2]["check"];
    assert_eq!((&rows["pass"], &rows["new_errors"], &rows["still"]), (&json!("incremental"), &json!(1), &json!(1)));
    assert_eq!((&rows["gone_readable"], &rows["gone_deleted"]), (&json!(0), &json!(2)), "what is null is no value");
    assert_eq!(report["tables"][2]["rows_scanned"], 2);

    let rules_now = rules(&TARGET.replace("jsonb", "rfc8259"));
    let report = check(&rules_now, &["-v"]).exits(0).says("all rows of archive are read: no check has looked at it");
    let report = report.json();
    let rows = &report["tables"][2]["check"];
    assert_eq!((&rows["previous_at"], &rows["baseline"]), (&json!(null), &json!(1)));
    let difference = report["check"]["differences"][0].as_str().expect("a sentence");
    assert!(difference.starts_with("archive has another key, or is declared otherwise"), "{difference}");
}
