//! The state tables of Airflow's development builds: told apart, mended and put back like those of the release.

use std::fs;

use serde_json::{Value, json};

use crate::older::{GENERATIONS, Generation, Task, dump, fill_assets, fill_tasks, generation, left_by, schema};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    every_generation_is_found_planned_mended_and_put_back,
    all_generations_at_once_are_worked_on_newest_first,
    rows_of_four_key_columns_are_mended_in_chunks_and_put_back,
    a_development_build_is_told_and_what_to_do_about_it,
    half_a_generation_is_not_taken_for_all_of_it,
    a_stranger_with_the_name_of_a_state_table_is_left_alone,
    a_journal_of_a_table_that_has_another_key_by_now_is_not_guessed_at,
    a_run_that_stopped_in_a_table_with_another_key_does_all_of_the_new_one,
    an_undo_asks_for_no_table_in_which_nothing_was_changed,
);

/// Parts of keys that are awkward somewhere. MySQL's own key columns have no place for emoji.
pub const AWKWARD: [&str; 8] =
    ["it's", "\"quoted\"", "`ticked`", "a/b.c", "back\\slash", "tab\tline\n", "$1 ? {brace}", "Ünïcödé ключ"];

/// Bad rows with every awkward key, and a healthy one, in both tables of a generation.
pub async fn fill(database: &TestDatabase, generation: &Generation) {
    let mut tasks: Vec<Task<'_>> = vec![(1, "healthy", -1, "count", "[1]")];
    for (index, part) in (0..).zip(AWKWARD) {
        tasks.push((1, part, -1, "status", "läuft"));
        tasks.push((2, "load", index, part, "[1,"));
    }
    fill_tasks(database, generation.tasks, &tasks).await;
    let mut assets = vec![(1, "healthy", "{}")];
    assets.extend(AWKWARD.map(|key| (2, key, "s3://bucket/key")));
    fill_assets(database, generation.assets, &assets).await;
}

pub const BAD_TASKS: usize = 2 * AWKWARD.len();
pub const BAD_ASSETS: usize = AWKWARD.len();

fn repaired(database: &TestDatabase, more: &[&str]) -> Value {
    let arguments = [&["repair", "--yes", "--url", database.url(), "--format", "json"], more].concat();
    statemend(&arguments).exits(0).json()
}

fn put_back(database: &TestDatabase, report: &Value) {
    let run = report["run_id"].as_str().expect("a run");
    let undone = statemend(&["undo", run, "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(undone["totals"]["rewritten"], report["totals"]["rewritten"]);
}

async fn every_generation_is_found_planned_mended_and_put_back(engine: Engine) {
    for generation in &GENERATIONS[..3] {
        let database = left_by(engine, &[generation.number]).await;
        fill(&database, generation).await;
        let before = dump(&database, generation).await;
        let directory = tempfile::tempdir().expect("a directory");
        let plan = directory.path().join("plan.jsonl");
        let plan = plan.to_str().expect("a path");

        let arguments = ["scan", "--url", database.url(), "--format", "json", "--plan-out", plan];
        let report = statemend(&arguments).exits(10).json();
        let tables: Vec<_> = report["tables"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|table| (&table["table"], &table["errors"]))
            .collect();
        let expected = [(&json!(generation.tasks), &json!(BAD_TASKS)), (&json!(generation.assets), &json!(BAD_ASSETS))];
        assert_eq!(tables, expected);
        assert!(
            report["tables"].as_array().expect("a list").iter().all(|table| table["generation"] == generation.number)
        );
        let identity = &report["findings"][0]["identity"];
        assert_eq!((&identity["dag_id"], &identity["run_id"]), (&json!("example"), &json!("run 1")));
        // One task instance for each awkward task id, and one for each map index.
        assert_eq!(report["tables"][0]["unreadable_lists"], BAD_TASKS);

        let planned = repaired(&database, &["--plan", plan]);
        assert_eq!(planned["totals"]["rewritten"], BAD_TASKS + BAD_ASSETS);
        statemend(&["scan", "--url", database.url()]).exits(0);
        put_back(&database, &planned);
        assert_eq!(dump(&database, generation).await, before);

        let report = repaired(&database, &[]);
        assert_eq!(report["totals"]["rewritten"], BAD_TASKS + BAD_ASSETS);
        check_journal(&database, generation, &report).await;
        statemend(&["runs", report["run_id"].as_str().expect("a run"), "--url", database.url()]).exits(0);
        put_back(&database, &report);
        assert_eq!(dump(&database, generation).await, before);
    }
}

/// The journal names each row by the key that its table has.
async fn check_journal(database: &TestDatabase, generation: &Generation, report: &Value) {
    let run = report["run_id"].as_str().expect("a run");
    let query = format!("SELECT table_name, row_key FROM statemend_change WHERE run_id = '{run}' ORDER BY seq");
    let entries: Vec<(String, Value)> = database.rows(&query).await.into_iter().map(entry).collect();
    let of_tasks: Vec<_> = entries.iter().filter(|(table, _)| table == generation.tasks).collect();
    let of_assets: Vec<_> = entries.iter().filter(|(table, _)| table == generation.assets).collect();
    assert_eq!((of_tasks.len(), of_assets.len()), (BAD_TASKS, BAD_ASSETS));
    for part in AWKWARD {
        let asset = json!({"asset_id": 2, "key": part});
        assert!(of_assets.iter().any(|(_, key)| *key == asset), "{asset}");
        if generation.number == 1 {
            let task = json!({"dag_run_id": 1, "task_id": part, "map_index": -1, "key": "status"});
            assert!(of_tasks.iter().any(|(_, key)| *key == task), "{task}");
        }
    }
    if generation.number > 1 {
        assert!(
            of_tasks.iter().all(|(_, key)| key["id"].is_u64() && key.as_object().is_some_and(|key| key.len() == 1))
        );
    }
}

fn entry(row: Vec<Option<String>>) -> (String, Value) {
    let [table, key] = <[Option<String>; 2]>::try_from(row).expect("two columns").map(Option::unwrap_or_default);
    (table, serde_json::from_str(&key).expect("the key is JSON"))
}

async fn all_generations_at_once_are_worked_on_newest_first(engine: Engine) {
    for both in [1, 2] {
        let database = left_by(engine, &[both, 3, 4]).await;
        let present = [4, 3, both].map(generation);
        let mut before = Vec::new();
        for generation in present {
            fill(&database, generation).await;
            before.push(dump(&database, generation).await);
        }
        let scanned = statemend(&["scan", "--url", database.url(), "--format", "json"]).exits(10);
        assert!(!scanned.stderr.contains("development build"), "{}", scanned.stderr);
        let report = scanned.json();
        let tables: Vec<_> = report["tables"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|table| (table["table"].as_str().expect("a name"), table["generation"].as_u64()))
            .collect();
        let expected: Vec<_> = present
            .iter()
            .flat_map(|generation| {
                [generation.tasks, generation.assets].map(|table| (table, Some(generation.number.into())))
            })
            .collect();
        assert_eq!(tables, expected);

        let one = repaired(&database, &["--table", "task_store"]);
        assert_eq!(one["totals"]["rewritten"], BAD_TASKS);
        let rest = repaired(&database, &[]);
        assert_eq!(rest["totals"]["rewritten"], 2 * BAD_TASKS + 3 * BAD_ASSETS);
        statemend(&["scan", "--url", database.url()]).exits(0);
        put_back(&database, &rest);
        put_back(&database, &one);
        for (generation, before) in present.iter().zip(&before) {
            assert_eq!(dump(&database, generation).await, *before, "generation {}", generation.number);
        }
    }
}

async fn rows_of_four_key_columns_are_mended_in_chunks_and_put_back(engine: Engine) {
    let database = left_by(engine, &[1]).await;
    let keys = ["", "a", "A", "a b", "z"];
    let tasks = ["first", "First", "second"];
    let mut rows: Vec<Task<'_>> = Vec::new();
    for run in 1..=3 {
        for (task, index, key) in
            tasks.iter().flat_map(|task| (-1..4).flat_map(move |index| keys.map(|key| (*task, index, key))))
        {
            rows.push((run, task, index, key, if key == "z" { "0" } else { "bad" }));
        }
    }
    fill_tasks(&database, "task_state", &rows).await;
    let before = dump(&database, generation(1)).await;
    let report = repaired(&database, &["--chunk-rows", "7"]);
    assert_eq!(report["totals"]["rows_scanned"], rows.len());
    assert_eq!(report["totals"]["rewritten"], rows.len() / keys.len() * (keys.len() - 1));
    statemend(&["scan", "--url", database.url()]).exits(0);
    put_back(&database, &report);
    assert_eq!(dump(&database, generation(1)).await, before);
}

async fn a_development_build_is_told_and_what_to_do_about_it(engine: Engine) {
    for generation in &GENERATIONS[..3] {
        let database = left_by(engine, &[generation.number]).await;
        statemend(&["scan", "--url", database.url()])
            .exits(0)
            .says(&format!("{} and {} are of a development build", generation.tasks, generation.assets))
            .says("task_state_store and asset_state_store, which are missing though revision d2f4e1b3c5a7")
            .says("`airflow db migrate` will not make them");
    }
    let database = left_by(engine, &[]).await;
    statemend(&["scan", "--url", database.url()])
        .exits(3)
        .says("no table task_state_store or asset_state_store")
        .says("will not make them again");
    database.execute("UPDATE alembic_version SET version_num = '9fabad868fdb'").await;
    statemend(&["scan", "--url", database.url()]).exits(3).says("run `airflow db migrate`");
}

async fn half_a_generation_is_not_taken_for_all_of_it(engine: Engine) {
    for generation in &GENERATIONS {
        for (kept, dropped) in [(generation.tasks, generation.assets), (generation.assets, generation.tasks)] {
            let database = left_by(engine, &[generation.number]).await;
            database.execute(&format!("DROP TABLE {dropped}")).await;
            let ran = statemend(&["scan", "--url", database.url()]).exits(3);
            ran.says(&format!("no table {dropped}, though it has {kept}")).says(&format!("--table {kept}"));
            statemend(&["scan", "--table", kept, "--url", database.url()]).exits(0);
            statemend(&["scan", "--table", dropped, "--url", database.url()]).exits(3).says(dropped);
        }
    }
}

async fn a_stranger_with_the_name_of_a_state_table_is_left_alone(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    database
        .execute("CREATE TABLE task_state (id integer, state text); INSERT INTO task_state VALUES (1, 'bad')")
        .await;
    statemend(&["scan", "--url", database.url()]).exits(0).says("task_state does not have the columns");
    statemend(&["scan", "--table", "task_state", "--url", database.url()]).exits(3).says("no table task_state");
}

async fn a_journal_of_a_table_that_has_another_key_by_now_is_not_guessed_at(engine: Engine) {
    let database = left_by(engine, &[1]).await;
    fill_tasks(&database, "task_state", &[(1, "load", -1, "cursor", "bad")]).await;
    let directory = tempfile::tempdir().expect("a directory");
    let plan = directory.path().join("plan.jsonl");
    let plan = plan.to_str().expect("a path");
    statemend(&["scan", "--url", database.url(), "--plan-out", plan]).exits(10);
    let report = repaired(&database, &[]);
    let run = report["run_id"].as_str().expect("a run");

    database.execute("DROP TABLE task_state; DROP TABLE asset_state").await;
    database.execute(schema(engine, 2)).await;
    fill_tasks(&database, "task_state", &[(1, "load", -1, "cursor", "bad")]).await;
    let before = dump(&database, generation(2)).await;
    statemend(&["undo", run, "--yes", "--url", database.url()]).exits(3).says("another key by now").says("hint: ");
    statemend(&["repair", "--plan", plan, "--yes", "--url", database.url()]).exits(2).says("line 2 of the plan");
    assert_eq!(dump(&database, generation(2)).await, before);
    assert!(fs::read_to_string(plan).expect("the plan").contains("dag_run_id"));
}

async fn a_run_that_stopped_in_a_table_with_another_key_does_all_of_the_new_one(engine: Engine) {
    let database = left_by(engine, &[1]).await;
    fill_tasks(&database, "task_state", &[(1, "load", -1, "cursor", "bad")]).await;
    repaired(&database, &["--table", "task_state"]);
    database.execute("UPDATE statemend_run SET state = 'interrupted', finished_at = NULL").await;
    database.execute("DROP TABLE task_state; DROP TABLE asset_state").await;
    database.execute(schema(engine, 2)).await;
    fill_tasks(&database, "task_state", &[(1, "load", -1, "cursor", "bad"), (2, "load", -1, "cursor", "bad")]).await;
    repaired(&database, &["--table", "task_state"]);
    statemend(&["scan", "--url", database.url()]).exits(0);
}

/// Older tables are dropped once what they held has been carried.
async fn an_undo_asks_for_no_table_in_which_nothing_was_changed(engine: Engine) {
    let database = left_by(engine, &[2, 4]).await;
    fill_tasks(&database, "task_state_store", &[(1, "load", -1, "status", "läuft")]).await;
    let before = dump(&database, generation(4)).await;
    let report = repaired(&database, &[]);
    database.execute("DROP TABLE task_state; DROP TABLE asset_state").await;
    put_back(&database, &report);
    assert_eq!(dump(&database, generation(4)).await, before);

    fill_assets(&database, "asset_state_store", &[(1, "status", "läuft")]).await;
    let report = repaired(&database, &[]);
    database.execute("DROP TABLE asset_state_store").await;
    let run = report["run_id"].as_str().expect("a run");
    let undo = ["undo", run, "--yes", "--url", database.url()];
    statemend(&undo).exits(3).says("asset_state_store");
}
