//! What is done with which rows, by rules and by age.

use std::fs;

use serde_json::{Value, json};

use crate::access::as_role;
use crate::state::{KINDS, dump_all, fill_assets, fill_tasks, task_values};
use crate::statemend::{Ran, statemend};
use crate::support::{Engine, TestDatabase, block_on};

on_every_engine!(
    rules_decide_what_becomes_of_each_row,
    legacy_strings_that_parse_are_encoded_once_whatever_happens,
    a_plan_has_legacy_strings_that_parse,
    what_a_run_has_made_of_strings_is_not_made_strings_again,
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

const LEGACY: &str = r#"
version = 1

[[rule]]
kind = "bare_reference"
action = "reference"

[[rule]]
kind = ["python_literal", "encoded"]
action = "decode"

[[rule]]
name = "legacy"
kind = ["readable", "notice", "warning"]
written_before = 2026-05-25T00:00:00Z
action = "string"
"#;

async fn what_a_run_has_made_of_strings_is_not_made_strings_again(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    // The last of them becomes JSON of which there is something to say.
    let values = ["42", "s3://b/k", "{'a': 1}", "{\"a\": 1}", "raw", "eyJhIjoxLCJhIjoyfQ=="];
    fill_tasks(&database, &values).await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = |file: &str| directory.path().join(file).display().to_string();
    fs::write(path("rules.toml"), LEGACY).expect("the rules");
    fs::write(path("first.toml"), LEGACY.split("[[rule]]\nname").next().expect("the first rules")).expect("the rules");
    let by = |command: &[&str], rules: &str| {
        statemend(&[command, &["--rules", &path(rules), "--format", "json", "--url", database.url()]].concat())
    };
    let once = ["\"42\"", r#"{"__airflow_state_ref__": "s3://b/k"}"#, r#"{"a": 1}"#, r#""{\"a\": 1}""#, "\"raw\""];
    let once = [&once[..], &[r#"{"a":1,"a":2}"#]].concat();
    let rewritten = |ran: Ran| ran.json()["totals"]["rewritten"].as_u64().expect("a count");

    // What cannot be read is mended first, by itself, and the strings of old in a second run.
    assert_eq!(rewritten(by(&["repair", "--yes"], "first.toml").exits(0)), 4);
    let plan = path("plan.jsonl");
    assert_eq!(rewritten(by(&["scan", "--plan-out", &plan], "rules.toml").exits(0)), 2);
    assert_eq!(rewritten(by(&["repair", "--yes"], "rules.toml").exits(0)), 2);
    assert_eq!(task_values(&database).await, once);
    assert_eq!(rewritten(by(&["repair", "--yes"], "rules.toml").exits(0)), 0);
    // As if the last run had been interrupted: it is gone on with, and then all rows are looked at once more.
    database.execute("UPDATE statemend_run SET state = 'interrupted' WHERE state = 'done'").await;
    assert_eq!(rewritten(by(&["repair", "--yes"], "rules.toml").exits(0)), 0);
    assert_eq!(task_values(&database).await, once);

    statemend(&["runs", "--purge-older-than", "0s", "--yes", "--url", database.url()]).exits(0);
    let kept = database.rows("SELECT value_before FROM statemend_change WHERE value_before <> ''").await;
    assert!(kept.is_empty(), "{kept:?}");
    assert_eq!(rewritten(by(&["repair", "--yes"], "rules.toml").exits(0)), 0);
    let purge = statemend(&["runs", "--purge-older-than", "0s", "--yes", "--url", database.url()]).exits(0);
    purge.says("Dropped 0 old values of 0 runs.");

    // What a writer stores from now on is somebody else's, and what is put back is a string of old again.
    database.execute("UPDATE task_state_store SET value = '{\"a\": 2}' WHERE id = 3").await;
    assert_eq!(rewritten(by(&["repair", "--yes"], "rules.toml").exits(0)), 1);
}

#[test]
fn a_plan_by_a_role_that_knows_no_journal_makes_no_strings_of_what_a_run_has_decoded() {
    for engine in [Engine::Postgres, Engine::MySql] {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &["{'a': 1}", "42"]).await;
            // It gets nothing that is made later.
            let reader = as_role(&database, "SELECT").await;
            if engine == Engine::MySql {
                database.execute(&only_state(&database, &reader).await).await;
            }
            let directory = tempfile::tempdir().expect("a directory");
            let path = |file: &str| directory.path().join(file).display().to_string();
            fs::write(path("rules.toml"), LEGACY).expect("the rules");
            let (rules, plan) = (path("rules.toml"), path("plan.jsonl"));
            statemend(&["repair", "--yes", "--rules", &rules, "--url", database.url()]).exits(0);
            database.execute("UPDATE task_state_store SET value = '42' WHERE id = 2").await;
            let scan = statemend(&["scan", "--rules", &rules, "--plan-out", &plan, "--url", &reader]).exits(0);
            assert!(scan.stderr.contains("would rewrite 2 rows"), "{}", scan.stderr);
            let repair = ["repair", "--yes", "--plan", &plan, "--rules", &rules, "--url", database.url()];
            let report = statemend(&[&repair[..], &["--format", "json"]].concat()).exits(11).json();
            assert_eq!(report["totals"]["drifted"], 1);
            assert_eq!(task_values(&database).await, [r#"{"a": 1}"#, "\"42\""]);
        });
    }
}

/// What takes from a role of MySQL's all but the state tables.
async fn only_state(database: &TestDatabase, url: &str) -> String {
    let role = url.split_once("://").and_then(|(_, rest)| rest.split_once(':')).expect("a role").0;
    let schema = database.rows("SELECT DATABASE()").await[0][0].clone().expect("a database");
    let grants = ["task_state_store", "asset_state_store", "alembic_version"]
        .map(|table| format!("GRANT SELECT ON `{schema}`.{table} TO {role};"));
    format!("REVOKE SELECT ON `{schema}`.* FROM {role}; {}", grants.concat())
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
