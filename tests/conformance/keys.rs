use std::collections::BTreeSet;

use serde_json::Value;

use crate::state::{dump_all, fill_assets};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    composite_text_keys_of_every_sort_are_found_mended_and_put_back,
    composite_text_keys_of_every_sort_may_stand_at_the_end_of_a_window,
);

/// Rows of three assets, each with keys that are awkward somewhere.
async fn awkward(engine: Engine) -> (TestDatabase, BTreeSet<(u64, String)>) {
    let database = TestDatabase::fresh(engine).await;
    let long = "k".repeat(512);
    let long_emoji = "ключ/".repeat(102);
    let mut keys = vec![
        "plain",
        "it's",
        "\"quoted\"",
        "`ticked`",
        "a/b/c",
        "../up",
        "with space",
        " leading",
        "percent %s %d",
        "back\\slash",
        "{brace}",
        "$1 ?",
        "Ünïcödé",
        "tab\tkey",
        "line\nkey",
        "; DROP TABLE dag; --",
        &long,
        &long_emoji,
    ];
    // A database made fresh on MySQL keeps keys in utf8mb3, which has no place for emoji; Airflow cannot store them.
    if engine != Engine::MySql {
        keys.push("emoji 🦀");
    }
    let rows: Vec<(u8, &str, &str)> =
        (1..=3).flat_map(|asset| keys.iter().map(move |key| (asset, *key, "bad"))).collect();
    fill_assets(&database, &rows).await;
    let rows = rows.iter().map(|(asset, key, _)| (u64::from(*asset), (*key).to_owned())).collect();
    (database, rows)
}

test_on!(only_mariadb, MySql, keys_of_another_character_set_are_found_mended_and_put_back);

/// Airflow keeps keys as the database keeps text, where its migrations did not say otherwise.
async fn keys_of_another_character_set_are_found_mended_and_put_back(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    for (table, column) in [
        ("asset_state_store", "`key` varchar(512)"),
        ("task_state_store", "`key` varchar(512)"),
        ("task_state_store", "task_id varchar(250)"),
    ] {
        let modify = format!("ALTER TABLE {table} MODIFY {column} CHARACTER SET latin1 COLLATE latin1_bin NOT NULL");
        database.execute(&modify).await;
    }
    fill_assets(&database, &[(1, "größe", "bad"), (1, "länge", "1"), (2, "größe", "bad")]).await;
    let before = dump_all(&database).await;
    let url = ["--url", database.url(), "--format", "json"];
    let scanned = statemend(&[&["scan"], &url[..]].concat()).exits(10).json();
    let findings = scanned["findings"].as_array().expect("a list");
    assert!(findings.iter().all(|finding| finding["identity"]["key"] == "größe"), "{findings:?}");
    assert_eq!(scanned["totals"]["hidden_keys"], 1, "länge stands beside the first of them");
    let report = statemend(&[&["repair", "--yes"], &url[..]].concat()).exits(0).json();
    assert_eq!(report["totals"]["rewritten"], 2);
    statemend(&[&["scan"], &url[..]].concat()).exits(0);
    statemend(&[&["undo", report["run_id"].as_str().expect("a run"), "--yes"], &url[..]].concat()).exits(0);
    assert_eq!(dump_all(&database).await, before);
}

/// The keys of the rows that a report lists.
fn told(report: &Value) -> BTreeSet<(u64, String)> {
    let key = |row: &Value| {
        (row["key"]["asset_id"].as_u64().expect("an id"), row["key"]["key"].as_str().expect("a key").to_owned())
    };
    report["findings"].as_array().expect("a list").iter().map(key).collect()
}

async fn composite_text_keys_of_every_sort_are_found_mended_and_put_back(engine: Engine) {
    let (database, rows) = awkward(engine).await;
    let before = dump_all(&database).await;
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(told(&report), rows);
    statemend(&["scan", "--url", database.url()]).exits(0);
    statemend(&["undo", report["run_id"].as_str().expect("a run"), "--yes", "--url", database.url()]).exits(0);
    assert_eq!(dump_all(&database).await, before);
}

async fn composite_text_keys_of_every_sort_may_stand_at_the_end_of_a_window(engine: Engine) {
    let (database, rows) = awkward(engine).await;
    // Of 39 rows a second, each of 20 jobs may read one at once.
    let one_by_one = ["--max-rows-per-second", "39", "--jobs", "20", "--format", "json"];
    let report = statemend(&[&["scan", "--url", database.url()], &one_by_one[..]].concat()).exits(10).json();
    assert_eq!(report["totals"]["rows_scanned"], rows.len());
    assert_eq!(told(&report), rows);
}
