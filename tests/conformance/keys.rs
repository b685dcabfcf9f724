use std::collections::BTreeSet;

use crate::state::{dump_all, fill_assets};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_every_engine!(composite_text_keys_of_every_sort_are_found_mended_and_put_back);

async fn composite_text_keys_of_every_sort_are_found_mended_and_put_back(engine: Engine) {
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
    let before = dump_all(&database).await;
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    let told: BTreeSet<(u64, String)> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| {
            (row["key"]["asset_id"].as_u64().expect("an id"), row["key"]["key"].as_str().expect("a key").to_owned())
        })
        .collect();
    let expected = rows.iter().map(|(asset, key, _)| (u64::from(*asset), (*key).to_owned())).collect();
    assert_eq!(told, expected);
    statemend(&["scan", "--url", database.url()]).exits(0);
    statemend(&["undo", report["run_id"].as_str().expect("a run"), "--yes", "--url", database.url()]).exits(0);
    assert_eq!(dump_all(&database).await, before);
}
