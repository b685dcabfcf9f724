//! Tables of the user's own: declared in the file of rules, and worked on like Airflow's.

mod keys;
mod tables;

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
    each_reader_has_its_say,
    what_is_null_is_no_value,
    what_is_said_of_airflows_past_is_not_said_of_other_tables,
    a_table_of_ones_own_is_compared_with_the_last_check,
);

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
    run(&database, &carry_out, &other).exits(2).says("made with other rules");
    statemend(&["repair", "--yes", "--plan", &plan, "--url", database.url()]).exits(2).says("made with other rules");
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
