//! What is done with which rows, by rules and by age.

use std::fs;

use serde_json::{Value, json};

use crate::state::{KINDS, dump_all, fill_assets, fill_tasks, task_values};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    rules_decide_what_becomes_of_each_row,
    legacy_strings_that_parse_are_encoded_once_whatever_happens,
    a_plan_has_legacy_strings_that_parse,
    a_repair_by_other_rules_starts_over,
    a_file_with_mistakes_changes_nothing,
    a_suggested_file_of_rules_can_be_used_and_shows_no_value,
);

const RULES: &str = r#"
version = 1

[[rule]]
name = "references"
kind = ["bare_reference", "stale_reference"]
action = "reference"

[[rule]]
name = "literals of one DAG"
kind = "python_literal"
dag = "exam*"
key = "key 3"
action = "decode"

[[rule]]
kind = "non_finite"
action = "replace"

[[rule]]
name = "leave assets"
asset = "*"
action = "skip"
"#;

async fn rules_decide_what_becomes_of_each_row(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let values = ["s3://b/k", "\"s3://b/k\"", "{'a': (1, None)}", "{'b': 1}", "[NaN]", "raw", "{\"a\": 1}"];
    fill_tasks(&database, &values).await;
    fill_assets(&database, &[(1, "a", "raw")]).await;
    let before = dump_all(&database).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("rules.toml");
    fs::write(&file, RULES).expect("the rules");
    let file = file.to_str().expect("a path");
    let by_rules = ["--rules", file, "--url", database.url(), "--format", "json"];
    let plan = statemend(&[&["repair", "--dry-run"], &by_rules[..]].concat()).exits(10).json();
    let done = statemend(&[&["repair", "--yes"], &by_rules[..]].concat()).exits(11).json();
    let rules = json!([
        {"rule": "references", "action": "reference", "rewritten": 2},
        {"rule": "literals of one DAG", "action": "decode", "rewritten": 1},
        {"rule": "rule 3", "action": "replace", "rewritten": 1},
        {"rule": "leave assets", "action": "skip", "skipped": 1},
        {"rule": "default", "action": null, "rewritten": 2},
    ]);
    assert_eq!(plan["rules"], rules);
    assert_eq!(done["rules"], rules);
    let released = r#"{"__airflow_state_ref__": "s3://b/k"}"#;
    let expected = [released, released, r#"{"a": [1, null]}"#, r#""{'b': 1}""#, "[null]", "\"raw\"", "{\"a\": 1}"];
    assert_eq!(task_values(&database).await, expected);
    assert_eq!(database.rows("SELECT value FROM asset_state_store").await, [[Some("raw".to_owned())]]);
    let run = done["run_id"].as_str().expect("a run");
    statemend(&["undo", run, "--yes", "--url", database.url()]).exits(0);
    assert_eq!(dump_all(&database).await, before);
}

async fn legacy_strings_that_parse_are_encoded_once_whatever_happens(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let values = ["42", "true", "{\"a\": 1}", "null", "\"text\"", "raw", "43"];
    fill_tasks(&database, &values).await;
    // The rows are of 2026-05-04; Airflow has written this one again since.
    database.execute("UPDATE task_state_store SET updated_at = '2026-06-01 00:00:00' WHERE id = 7").await;
    let before = dump_all(&database).await;
    let legacy = ["--legacy-before", "2026-05-25T00:00:00Z", "--url", database.url(), "--format", "json"];
    let repair = || statemend(&[&["repair", "--yes"], &legacy[..]].concat()).exits(0).json();
    let first = repair();
    assert_eq!(first["totals"]["rewritten"], 5);
    let once = ["\"42\"", "\"true\"", r#""{\"a\": 1}""#, "\"null\"", "\"text\"", "\"raw\"", "43"];
    assert_eq!(task_values(&database).await, once);

    assert_eq!(repair()["totals"]["rewritten"], 0, "a second run");
    statemend(&["runs", "--purge-older-than", "0s", "--yes", "--url", database.url()]).exits(0);
    assert_eq!(repair()["totals"]["rewritten"], 0, "without the old values");
    for table in ["statemend_run", "statemend_change", "statemend_migration"] {
        database.execute(&format!("DROP TABLE {table}")).await;
    }
    assert_eq!(repair()["totals"]["rewritten"], 0, "without the journal");
    assert_eq!(task_values(&database).await, once);

    // After an undo it is encoded once again, not twice.
    for (id, value) in (1..).zip(values) {
        database
            .execute(&format!("UPDATE task_state_store SET value = {} WHERE id = {id}", engine.literal(value)))
            .await;
    }
    database.execute("UPDATE task_state_store SET updated_at = '2026-05-04 03:02:01' WHERE id < 7").await;
    let run = repair()["run_id"].as_str().expect("a run").to_owned();
    statemend(&["undo", &run, "--yes", "--url", database.url()]).exits(0);
    let values_of =
        |dump: &Vec<Vec<Vec<Option<String>>>>| -> Vec<Value> { dump[0].iter().map(|row| json!(row[7])).collect() };
    assert_eq!(values_of(&dump_all(&database).await), values_of(&before));
    repair();
    assert_eq!(task_values(&database).await, once);
}

async fn a_plan_has_legacy_strings_that_parse(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["42", "true", "raw", "43"]).await;
    let folder = tempfile::tempdir().expect("a directory");
    let plan = folder.path().join("plan.jsonl");
    let plan = plan.to_str().expect("a path");
    let legacy = ["--legacy-before", "2026-05-25T00:00:00Z", "--url", database.url(), "--format", "json"];
    statemend(&[&["scan", "--plan-out", plan], &legacy[..]].concat()).exits(10);
    // Airflow has written this one again since, with the same value: now it means what it says.
    database.execute("UPDATE task_state_store SET updated_at = '2026-06-01 00:00:00' WHERE id = 4").await;
    let carry_out = || statemend(&[&["repair", "--yes", "--plan", plan], &legacy[..]].concat());
    let report = carry_out().exits(11).json();
    assert_eq!((&report["totals"]["rewritten"], &report["totals"]["drifted"]), (&json!(3), &json!(1)));
    let once = ["\"42\"", "\"true\"", "\"raw\"", "43"];
    assert_eq!(task_values(&database).await, once);
    assert_eq!(carry_out().exits(11).json()["totals"]["rewritten"], 0);
    assert_eq!(task_values(&database).await, once);
}

async fn a_repair_by_other_rules_starts_over(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["raw"]).await;
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    let run = report["run_id"].as_str().expect("a run");
    // As if it had been interrupted.
    database.execute("UPDATE statemend_run SET state = 'interrupted'").await;
    let other = ["repair", "--yes", "--legacy-before", "2026-05-25T00:00:00Z", "--url", database.url()];
    statemend(&other).exits(0).says(run).says("with other rules; starting over");
}

async fn a_suggested_file_of_rules_can_be_used_and_shows_no_value(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let kinds = KINDS.iter().map(|(_, value, _)| *value).chain(["opensesame"]);
    fill_tasks(&database, &kinds.collect::<Vec<_>>()).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("rules.toml");
    let path = file.to_str().expect("a path");
    let suggest = ["rules", "suggest", "--url", database.url(), "-o", path];
    statemend(&suggest).exits(0);
    statemend(&suggest).exits(2).says("is there already");
    let suggested = fs::read_to_string(&file).expect("the rules");
    assert!(suggested.contains("2 rows of kind raw_text") && !suggested.contains("opensesame"), "{suggested}");
    statemend(&["rules", "check", path]).exits(0);
    // What is commented out can be used, too.
    let lines = suggested.lines().map(|line| line.strip_prefix("# ").filter(|line| is_toml(line)).unwrap_or(line));
    fs::write(&file, lines.collect::<Vec<_>>().join("\n")).expect("the rules");
    let by_rules = ["repair", "--yes", "--rules", path, "--url", database.url(), "--format", "json"];
    let report = statemend(&by_rules).exits(11).json();
    let decoded = report["rules"].as_array().expect("a list").iter().filter(|rule| rule["action"] == "decode");
    assert_eq!(decoded.count(), 3, "{}", report["rules"]);
    assert_eq!(task_values(&database).await[1], r#"{"a": null}"#);
}

fn is_toml(line: &str) -> bool {
    ["[[rule]]", "kind = ", "action = "].iter().any(|start| line.starts_with(start))
}

async fn a_file_with_mistakes_changes_nothing(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["raw"]).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("rules.toml");
    fs::write(&file, "version = 1\n[[rule]]\nkind = \"raw_txt\"\naction = \"string\"\n").expect("the rules");
    let file = file.to_str().expect("a path");
    statemend(&["repair", "--yes", "--rules", file, "--url", database.url()]).exits(2).says("raw_txt").says("raw_text");
    assert_eq!(task_values(&database).await, ["raw"]);
}
