//! Reviewed plans: exactly their rows are changed, wherever they are still what was reviewed.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::state::{KINDS, dump_all, fill_assets, fill_tasks, task_values};
use crate::statemend::{Ran, statemend};
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    a_plan_says_what_a_repair_does_without_a_value,
    a_plan_changes_its_rows_and_no_others,
    rows_that_differ_from_the_plan_are_listed_and_left,
    a_plan_that_is_carried_out_twice_changes_nothing_more,
    a_plan_for_another_database_is_refused,
    a_plan_that_is_damaged_newer_or_of_other_rules_is_refused_before_anything_is_done,
    a_plan_is_carried_out_in_chunks_and_can_be_undone,
);

struct Planned {
    _directory: TempDir,
    file: PathBuf,
}

impl Planned {
    fn of(database: &TestDatabase, exit: i32) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("plan.jsonl");
        statemend(&["scan", "--url", database.url(), "--plan-out", path(&file)]).exits(exit);
        Self { _directory: directory, file }
    }

    fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.file).expect("the plan");
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    }

    fn carry_out(&self, database: &TestDatabase) -> Ran {
        statemend(&["repair", "--plan", path(&self.file), "--yes", "--url", database.url(), "--format", "json"])
    }
}

fn path(file: &Path) -> &str {
    file.to_str().expect("a path")
}

async fn a_plan_says_what_a_repair_does_without_a_value(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["opensesame", "1", "NaN"]).await;
    fill_assets(&database, &[(1, "ä/b", "[1,")]).await;
    let planned = Planned::of(&database, 10);
    let lines = planned.lines();
    assert_eq!(lines[0]["plan_version"], 1);
    assert_eq!(lines[0]["tables"], json!(["task_state_store", "asset_state_store"]));
    assert_eq!(lines[0]["fingerprint"].as_str().map(str::len), Some(64));
    assert_eq!(lines[0]["rules"].as_str().map(str::len), Some(64));
    let sha256 = |text: &str| hex::encode(statemend::engine::flag::digest(text.as_bytes()));
    let expected = [
        json!({
            "table": "task_state_store", "key": {"id": 1}, "kind": "raw_text", "action": "string", "bytes": 10,
            "before": sha256("opensesame"), "after": sha256("\"opensesame\""),
        }),
        json!({
            "table": "asset_state_store", "key": {"asset_id": 1, "key": "ä/b"}, "kind": "broken_json",
            "action": "string", "bytes": 3, "before": sha256("[1,"), "after": sha256("\"[1,\""),
        }),
    ];
    assert_eq!(lines[1..], expected, "rows that a repair leaves alone are not planned");
    assert!(!fs::read_to_string(&planned.file).expect("the plan").contains("opensesame"));
}

async fn a_plan_changes_its_rows_and_no_others(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &KINDS.iter().map(|(_, value, _)| *value).collect::<Vec<_>>()).await;
    let planned = Planned::of(&database, 10);
    let lines = fs::read_to_string(&planned.file).expect("the plan");
    // Whoever reviews a plan may take rows out.
    let without_first: Vec<&str> = lines.lines().enumerate().filter(|(at, _)| *at != 1).map(|(_, line)| line).collect();
    fs::write(&planned.file, without_first.join("\n") + "\n").expect("the plan");
    let report = planned.carry_out(&database).exits(0).json();
    assert_eq!(report["totals"]["rewritten"], without_first.len() - 1);
    let now = task_values(&database).await;
    for (place, ((kind, before, rewrite), after)) in KINDS.iter().zip(&now).enumerate() {
        let is_planned = rewrite.is_some() && place > 0;
        assert_eq!(after != before, is_planned, "{kind}");
    }
}

async fn rows_that_differ_from_the_plan_are_listed_and_left(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["Ready", "ready", "gone", "stays", "mended"]).await;
    let planned = Planned::of(&database, 10);
    // What differs in letter case or in trailing spaces alone is another value, whatever a collation says.
    let changes = [
        "UPDATE task_state_store SET value = 'ready' WHERE id = 1",
        "UPDATE task_state_store SET value = 'ready  ' WHERE id = 2",
        "DELETE FROM task_state_store WHERE id = 3",
        r#"UPDATE task_state_store SET value = '"mended"' WHERE id = 5"#,
    ];
    for change in changes {
        database.execute(change).await;
    }
    let report = planned.carry_out(&database).exits(11).json();
    assert_eq!(report["outcome"], "partial");
    assert_eq!(report["totals"]["rewritten"], 1);
    assert_eq!(report["totals"]["drifted"], 3);
    let left: Vec<_> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|row| row["outcome"] == "drifted")
        .map(|row| (row["key"]["id"].as_u64(), row["reason"].as_str()))
        .collect();
    assert_eq!(left, [(Some(1), Some("written_since")), (Some(2), Some("written_since")), (Some(3), Some("gone"))]);
    assert_eq!(task_values(&database).await, ["ready", "ready  ", "\"stays\"", "\"mended\""]);
}

async fn a_plan_that_is_carried_out_twice_changes_nothing_more(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["one", "two"]).await;
    let planned = Planned::of(&database, 10);
    planned.carry_out(&database).exits(0);
    let once = dump_all(&database).await;
    let report = planned.carry_out(&database).exits(0).json();
    assert_eq!(report["totals"]["rewritten"], 0);
    assert_eq!(dump_all(&database).await, once);
}

async fn a_plan_for_another_database_is_refused(engine: Engine) {
    let (one, other) = (TestDatabase::fresh(engine).await, TestDatabase::fresh(engine).await);
    fill_tasks(&one, &["bad"]).await;
    fill_tasks(&other, &["bad"]).await;
    let planned = Planned::of(&one, 10);
    planned.carry_out(&other).exits(2).says("the plan is for").says("hint: ");
    assert_eq!(task_values(&other).await, ["bad"]);
}

async fn a_plan_that_is_damaged_newer_or_of_other_rules_is_refused_before_anything_is_done(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["one", "two"]).await;
    let planned = Planned::of(&database, 10);
    let sound = fs::read_to_string(&planned.file).expect("the plan");
    let rules = planned.lines()[0]["rules"].as_str().expect("a digest").to_owned();
    let cases = [
        (sound[..sound.len() - 20].to_owned(), "line 3 of the plan"),
        (sound.replace(r#""id":2"#, r#""id":"2""#), "line 3 of the plan"),
        (sound.replace("task_state_store\",\"key", "elsewhere\",\"key"), "line 2 of the plan"),
        // As if somebody had put plans of two tables together.
        (
            sound.replace("[\"task_state_store\",\"asset_state_store\"]", "[\"asset_state_store\"]"),
            "line 2 of the plan",
        ),
        (sound.replace(r#""plan_version":1"#, r#""plan_version":2"#), "is of version 2"),
        (sound.replace(&rules, &"0".repeat(64)), "other rules"),
        (sound.lines().skip(1).collect(), "is not a plan"),
        (String::new(), "is not a plan"),
    ];
    for (text, message) in cases {
        fs::write(&planned.file, text).expect("the plan");
        planned.carry_out(&database).exits(2).says(message).says("hint: ");
    }
    fs::remove_file(&planned.file).expect("the plan");
    planned.carry_out(&database).exits(2).says("cannot be read");
    assert_eq!(task_values(&database).await, ["one", "two"]);
}

async fn a_plan_is_carried_out_in_chunks_and_can_be_undone(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; 500]).await;
    fill_assets(&database, &[(1, "a", "bad"), (2, "b", "bad")]).await;
    let before = dump_all(&database).await;
    let planned = Planned::of(&database, 10);
    let file = path(&planned.file);
    let arguments =
        ["repair", "--plan", file, "--yes", "--chunk-rows", "7", "--url", database.url(), "--format", "json"];
    let report = statemend(&arguments).exits(0).json();
    assert_eq!(report["totals"]["rewritten"], 502);
    assert_eq!(report["totals"]["rows_scanned"], 502);
    statemend(&["scan", "--url", database.url()]).exits(0);
    let run = report["run_id"].as_str().expect("a run");
    statemend(&["undo", run, "--yes", "--url", database.url()]).exits(0);
    assert_eq!(dump_all(&database).await, before);
}
