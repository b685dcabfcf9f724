//! What becomes of each row.

use std::fs;

use serde_json::json;

use super::{carry, counts, dry_run, left, released, told, undo, values};
use crate::older::{fill_assets, fill_tasks, key_column, left_by};
use crate::statemend::statemend;
use crate::support::{Engine, block_on};

on_every_engine!(
    a_row_that_is_there_already_is_never_touched,
    a_row_without_a_run_or_an_asset_is_listed_and_left,
    rules_and_age_decide_as_in_a_repair,
    what_a_carry_has_decoded_is_not_made_a_string_behind_it_nor_what_a_repair_has_before_it,
    a_row_that_the_released_table_refuses_is_left_and_told,
    values_are_shown_only_when_asked_for,
);

async fn a_row_that_is_there_already_is_never_touched(engine: Engine) {
    let database = left_by(engine, &[2, 4]).await;
    let task = |key, value| (1, "load", -1, key, value);
    let older = [task("free", "bad"), task("later", "1"), task("other", "\"old\""), task("same", "bad")];
    fill_tasks(&database, "task_state", &older).await;
    fill_assets(&database, "asset_state", &[(1, "free", "1"), (1, "taken", "s3://old")]).await;
    let there = [task("later", "1"), task("other", "not JSON"), task("same", "\"bad\"")];
    fill_tasks(&database, "task_state_store", &there).await;
    fill_assets(&database, "asset_state_store", &[(1, "taken", "\"new\"")]).await;
    let key = key_column(engine);
    database
        .execute(&format!("UPDATE task_state_store SET updated_at = '2026-06-01 00:00:00' WHERE {key} = 'later'"))
        .await;
    let ids = format!("SELECT id, value, updated_at FROM task_state_store WHERE {key} <> 'free' ORDER BY id");
    let before = database.rows(&ids).await;

    let plan = dry_run(&database, &[]).exits(10).json();
    let report = carry(&database, &[]).exits(11).json();
    assert_eq!(told(&plan), told(&report));
    assert_eq!(report["outcome"], "partial");
    let taken = |table, key| (table, key, "already_there");
    let expected = [taken("task_state", "later"), taken("task_state", "other"), taken("asset_state", "taken")];
    assert_eq!(left(&report), expected, "a row that is there as it would be carried is no trouble");
    assert_eq!(counts(&report), [2, 1, 1, 3, 0, 3]);
    assert_eq!(database.rows(&ids).await, before);
    let now = released(&database).await;

    let again = carry(&database, &[]).exits(11).json();
    assert_eq!(left(&again), expected);
    assert_eq!(counts(&again), [0, 0, 3, 3, 0, 3]);
    assert_eq!(released(&database).await, now, "a second run changes nothing");
    undo(&database, &report).exits(0);
    assert_eq!(database.rows(&ids).await, before);
    assert_eq!(values(&database).await.len(), there.len());
}

async fn a_row_without_a_run_or_an_asset_is_listed_and_left(engine: Engine) {
    let database = left_by(engine, &[1, 4]).await;
    let mut connection = database.connect().await;
    // As it stands after a restore, or where nobody enforces what belongs together.
    let off = match engine {
        Engine::Sqlite => "PRAGMA foreign_keys = OFF",
        Engine::Postgres => {
            "ALTER TABLE task_state DROP CONSTRAINT task_state_dag_run_fkey; \
             ALTER TABLE asset_state DROP CONSTRAINT asset_state_asset_fkey"
        }
        Engine::MySql => "SET FOREIGN_KEY_CHECKS = 0",
    };
    let key = key_column(engine);
    connection.execute(off).await;
    connection
        .execute(&format!(
            "INSERT INTO task_state (dag_run_id, task_id, map_index, {key}, dag_id, run_id, value, updated_at) VALUES \
             (9, 'load', -1, 'bad and lost', 'example', 'ninth', 'bad', '2026-05-04 03:02:01'), \
             (9, 'load', -1, 'lost', 'example', 'ninth', '1', '2026-05-04 03:02:01'); \
             INSERT INTO asset_state (asset_id, {key}, value, updated_at) VALUES (9, 'lost', '1', '2026-05-04 03:02:01')"
        ))
        .await;
    fill_tasks(&database, "task_state", &[(1, "load", -1, "kept", "1")]).await;
    let plan = dry_run(&database, &[]).exits(10).json();
    let report = carry(&database, &[]).exits(11).json();
    assert_eq!(told(&plan), told(&report));
    let lost = |table, key| (table, key, "orphan");
    let expected = [lost("task_state", "bad and lost"), lost("task_state", "lost"), lost("asset_state", "lost")];
    assert_eq!(left(&report), expected);
    assert_eq!(counts(&report), [1, 0, 0, 0, 3, 3]);
    let human = statemend(&["carry", "--yes", "--url", database.url()]).exits(11).stdout;
    assert!(human.contains("there is no such DAG run or asset"), "{human}");
}

const RULES: &str = r"
version = 1

[[rule]]
name = 'references'
table = 'task_state'
kind = ['bare_reference', 'stale_reference']
action = 'reference'

[[rule]]
name = 'not worth it'
key = 'scratch*'
action = 'skip'

[[rule]]
kind = 'python_literal'
action = 'decode'
";

async fn rules_and_age_decide_as_in_a_repair(engine: Engine) {
    let database = left_by(engine, &[2, 4]).await;
    let values_before = [
        ("a", "s3://bucket/key"),
        ("b", "\"s3://bucket/key\""),
        ("c", "{'a': (1, None)}"),
        ("d", "{'a': b''}"),
        ("e", "[NaN]"),
        ("f", "42"),
        ("g", "raw"),
        ("scratch", "raw"),
    ];
    let rows = values_before.map(|(key, value)| (1, "load", -1, key, value));
    fill_tasks(&database, "task_state", &rows).await;
    fill_assets(&database, "asset_state", &[(1, "a", "s3://bucket/key")]).await;
    if engine == Engine::Sqlite {
        database.execute("UPDATE asset_state SET value = x'80ff' WHERE asset_id = 1").await;
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), RULES).expect("the rules");
    let file = file.path().to_str().expect("a path");
    let by_rules = ["--rules", file, "--legacy-before", "2026-05-25T00:00:00Z"];
    let plan = dry_run(&database, &by_rules).exits(10).json();
    let report = carry(&database, &by_rules).exits(11).json();
    assert_eq!(told(&plan), told(&report));
    let mut expected = vec![("task_state", "d", "bytes"), ("task_state", "scratch", "ruled")];
    if engine == Engine::Sqlite {
        expected.push(("asset_state", "a", "not_text"));
    }
    assert_eq!(left(&report), expected);
    let released_reference = r#"{"__airflow_state_ref__": "s3://bucket/key"}"#;
    let expected = [
        ("a", released_reference),
        ("b", released_reference),
        ("c", r#"{"a": [1, null]}"#),
        // Written before the deployment moved to JSON, so it was a string.
        ("e", r#""[NaN]""#),
        ("f", r#""42""#),
        ("g", r#""raw""#),
    ];
    assert_eq!(values(&database).await, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    let rules = report["rules"].as_array().expect("a list");
    let of_rule = |name: &str| rules.iter().find(|rule| rule["rule"] == name).expect("the rule is told").clone();
    assert_eq!(of_rule("references"), json!({"rule": "references", "action": "reference", "rewritten": 2}));
    assert_eq!(of_rule("not worth it"), json!({"rule": "not worth it", "action": "skip", "skipped": 1}));
}

async fn what_a_carry_has_decoded_is_not_made_a_string_behind_it_nor_what_a_repair_has_before_it(engine: Engine) {
    let database = left_by(engine, &[2, 4]).await;
    let task = |key, value| (1, "load", -1, key, value);
    let older = [task("Doc", "{'a': 1}"), task("count", "42"), task("doc", "{\"a\": 1}"), task("same", "{'b': 2}")];
    fill_tasks(&database, "task_state", &older).await;
    fill_assets(&database, "asset_state", &[(1, "doc", "{'a': 1}"), (1, "json", "{\"a\": 1}")]).await;
    let directory = tempfile::tempdir().expect("a directory");
    let decode = "version = 1\n[[rule]]\nkind = \"python_literal\"\naction = \"decode\"\n";
    let path = directory.path().join("rules.toml").display().to_string();
    fs::write(&path, decode).expect("the rules");
    let by = ["--rules", &path, "--legacy-before", "2026-05-25T00:00:00Z"];
    let repair = |tables: [&str; 2]| {
        let tables = ["--table", tables[0], "--table", tables[1], "--url", database.url(), "--format", "json"];
        statemend(&[&["repair", "--yes"], &by[..], &tables].concat()).exits(0).json()["totals"]["rewritten"].clone()
    };
    // Some rows are mended where they are, and then all are carried.
    database.execute("UPDATE task_state SET updated_at = '2026-06-01 00:00:00' WHERE value = '42'").await;
    assert_eq!(repair(["task_state", "asset_state"]), 5);
    assert_eq!(carry(&database, &by).exits(0).json()["totals"]["rewritten"], 0);
    assert_eq!(repair(["task_state_store", "asset_state_store"]), 0);
    let undone = statemend(&["runs", "--url", database.url(), "--format", "json"]).exits(0).json();
    let run = |index: usize| undone["runs"][index]["run_id"].as_str().expect("a run").to_owned();
    for index in [1, 2] {
        statemend(&["undo", &run(index), "--yes", "--url", database.url()]).exits(0);
    }
    // And the other way round: all are mended on the way.
    assert_eq!(carry(&database, &by).exits(0).json()["totals"]["rewritten"], 5);
    assert_eq!(repair(["task_state_store", "asset_state_store"]), 0);
    let doc = r#"{"a": 1}"#;
    let string = r#""{\"a\": 1}""#;
    let mut values = values(&database).await;
    values.sort();
    let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(values, [("Doc", doc), ("count", "42"), ("doc", string), ("same", r#"{"b": 2}"#)]);
    let assets: Vec<Option<String>> = released(&database).await[1].iter().map(|row| row[2].clone()).collect();
    assert_eq!(assets, [Some(doc.to_owned()), Some(string.to_owned())]);
}

async fn a_row_that_the_released_table_refuses_is_left_and_told(engine: Engine) {
    let database = left_by(engine, &[3, 4]).await;
    let rows: Vec<String> = (0..60).map(|number| format!("opensesame {number}")).collect();
    let rows: Vec<_> = rows.iter().map(|value| (1, "load", -1, value.as_str(), value.as_str())).collect();
    fill_tasks(&database, "task_store", &rows).await;
    let refuse = match engine {
        Engine::Sqlite => {
            "CREATE TRIGGER refuse BEFORE INSERT ON task_state_store WHEN NEW.value = '\"opensesame 7\"' \
             BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        }
        Engine::Postgres | Engine::MySql => {
            "ALTER TABLE task_state_store ADD CONSTRAINT refuse CHECK (value <> '\"opensesame 7\"')"
        }
    };
    database.execute(refuse).await;
    let told = carry(&database, &["-vv"]).exits(11);
    // Keys are shown, values never.
    let quoted = told.stderr.replace("key opensesame", "");
    assert!(!quoted.contains("opensesame"), "a database quotes the values that it refuses: {}", told.stderr);
    let report = told.json();
    assert_eq!(left(&report), [("task_store", "opensesame 7", "refused")]);
    assert_eq!(counts(&report)[0], 59);
}

async fn values_are_shown_only_when_asked_for(engine: Engine) {
    let database = left_by(engine, &[2, 4]).await;
    let task = |key, value| (1, "load", -1, key, value);
    fill_tasks(&database, "task_state", &[task("mended", "opensesame"), task("taken", "\"opensesame\"")]).await;
    fill_tasks(&database, "task_state_store", &[task("taken", "1")]).await;
    let human = ["carry", "--yes", "-vv", "--url", database.url()];
    for ran in [dry_run(&database, &["-vv"]), statemend(&human), carry(&database, &["-vv"])] {
        assert!(!ran.stdout.contains("opensesame") && !ran.stderr.contains("opensesame"), "{ran:?}");
    }
    let report = dry_run(&database, &["--show-values"]).exits(10).json();
    assert_eq!(report["findings"][0]["value"], "\"opensesame\"");
}

/// Airflow's own tables tell upper from lower case, but those that a migration has made may not.
#[test]
fn names_that_are_one_to_the_released_table_are_carried_once() {
    block_on(async {
        let database = left_by(Engine::MySql, &[1, 4]).await;
        let alter = "ALTER TABLE task_state_store MODIFY `key` varchar(512) \
                     CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL";
        database.execute(alter).await;
        let keys = ["Cursor", "cursor", "CURSOR", "café", "cafe", "other", "there"];
        let rows: Vec<_> = keys.iter().zip(["1", "2", "3", "4", "5", "6", "7"]).collect();
        let rows: Vec<_> = rows.into_iter().map(|(key, value)| (1, "load", -1, *key, value)).collect();
        fill_tasks(&database, "task_state", &rows).await;
        fill_tasks(&database, "task_state_store", &[(1, "load", -1, "THERE", "\"mine\"")]).await;
        let taken = |key| ("task_state", key, "already_there");
        let plan = dry_run(&database, &[]).exits(10).json();
        assert_eq!(left(&plan), [taken("there")]);
        let report = carry(&database, &[]).exits(11).json();
        // In the order of the older table, where the first of them wins: upper case stands before lower case there.
        assert_eq!(left(&report), ["Cursor", "café", "cursor", "there"].map(taken));
        let names: Vec<String> = values(&database).await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["cafe", "CURSOR", "other", "THERE"]);
        let again = carry(&database, &[]).exits(11).json();
        assert_eq!(left(&again), left(&report));
        undo(&database, &report).exits(0);
        assert_eq!(values(&database).await, [("THERE".to_owned(), "\"mine\"".to_owned())]);
    });
}
