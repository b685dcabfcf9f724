use serde_json::json;

use crate::state::{HEALTHY, KINDS, dump_all, fill_assets, fill_tasks};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    every_kind_is_told_with_its_key_and_healthy_rows_are_not_mentioned,
    a_scan_leaves_nothing_behind,
    empty_tables_are_clean,
    lists_that_cannot_be_read_are_counted_once,
    the_list_of_findings_is_capped_and_the_counts_are_complete,
    only_the_tables_that_were_named_are_scanned,
    warnings_count_when_asked_to,
    the_windows_of_a_scan_see_every_row_once,
);

async fn every_kind_is_told_with_its_key_and_healthy_rows_are_not_mentioned(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let values: Vec<&str> = KINDS.iter().map(|(_, value, _)| *value).chain(HEALTHY.iter().copied()).collect();
    fill_tasks(&database, &values).await;
    let report = statemend(&["scan", "--url", database.url(), "--format", "json"]).exits(10).json();
    let found: Vec<_> = report["findings"].as_array().expect("a list").iter().collect();
    assert_eq!(found.len(), KINDS.len());
    for (id, (kind, value, _)) in (1..).zip(KINDS) {
        let finding = found.iter().find(|finding| finding["key"] == json!({"id": id})).expect(kind);
        assert_eq!(finding["kind"], *kind);
        assert_eq!(finding["bytes"], value.len(), "{kind}");
        assert_eq!(finding["identity"]["key"], format!("key {id}"));
        assert_eq!(finding["identity"]["dag_id"], "example");
        assert!(finding.get("value").is_none(), "values are shown only when asked for");
    }
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["mode"], "scan");
    assert_eq!(report["run_id"], json!(null));
    assert_eq!(report["outcome"], "findings");
    assert_eq!(report["tables"][0]["rows_scanned"], values.len());
    assert_eq!(report["tables"][0]["generation"], 4);
    assert_eq!(report["database"]["airflow_revision"], "d2f4e1b3c5a7");
}

async fn a_scan_leaves_nothing_behind(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad", "1"]).await;
    let before = (tables(&database).await, dump_all(&database).await);
    statemend(&["scan", "--url", database.url()]).exits(10);
    statemend(&["repair", "--dry-run", "--url", database.url()]).exits(10);
    statemend(&["runs", "--url", database.url()]).exits(0);
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.jsonl").display().to_string();
    for _ in 0..2 {
        statemend(&["check", "--incremental", "--state", &state, "--url", database.url()]).exits(10);
    }
    assert_eq!((tables(&database).await, dump_all(&database).await), before);
}

async fn empty_tables_are_clean(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let report = statemend(&["scan", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(report["outcome"], "clean");
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(report["outcome"], "clean");
    assert_eq!(report["totals"]["rows_scanned"], 0);
}

async fn lists_that_cannot_be_read_are_counted_once(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    // Odd ids belong to one task instance, even ids to another.
    fill_tasks(&database, &["bad", "1", "bad", "NaN", "bad", "2"]).await;
    fill_assets(&database, &[(1, "a", "bad"), (1, "b", "bad"), (2, "a", "bad"), (3, "a", "1")]).await;
    let report = statemend(&["scan", "--url", database.url(), "--format", "json"]).exits(10).json();
    assert_eq!(report["tables"][0]["unreadable_lists"], 1);
    assert_eq!(report["tables"][1]["unreadable_lists"], 2);
}

async fn the_list_of_findings_is_capped_and_the_counts_are_complete(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad"; 30]).await;
    let report = statemend(&["scan", "--url", database.url(), "--format", "json", "--max-findings", "7"]).json();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(7));
    assert_eq!(report["findings_truncated"], true);
    assert_eq!(report["tables"][0]["findings"], json!({"raw_text": 30}));
}

async fn only_the_tables_that_were_named_are_scanned(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad"]).await;
    fill_assets(&database, &[(1, "a", "1")]).await;
    let scan = ["scan", "--url", database.url(), "--format", "json", "--table", "asset_state_store"];
    let report = statemend(&scan).exits(0).json();
    assert_eq!(report["tables"].as_array().map(Vec::len), Some(1));
    statemend(&["scan", "--url", database.url(), "--table", "xcom"]).exits(2).says("no state table xcom");
}

async fn warnings_count_when_asked_to(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["NaN"]).await;
    statemend(&["scan", "--url", database.url()]).exits(0);
    statemend(&["scan", "--url", database.url(), "--fail-on", "warning"]).exits(10);
}

async fn the_windows_of_a_scan_see_every_row_once(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    // Windows begin with 64 rows and grow, so these are several, and one bad row stands at each possible seam.
    let values: Vec<&str> = (0..3000).map(|id| if id % 64 < 2 { "bad" } else { "1" }).collect();
    fill_tasks(&database, &values).await;
    let keys: Vec<String> = (0..600).map(|key| format!("Key {key:03}")).collect();
    let assets: Vec<(u8, &str, &str)> =
        (1..=3).flat_map(|asset| keys.iter().map(move |key| (asset, key.as_str(), "bad"))).collect();
    fill_assets(&database, &assets).await;
    let scan = ["scan", "--url", database.url(), "--format", "json", "--max-findings", "10000"];
    let report = statemend(&scan).exits(10).json();
    let mut keys: Vec<String> =
        report["findings"].as_array().expect("a list").iter().map(|finding| finding["key"].to_string()).collect();
    let bad = values.iter().filter(|value| **value == "bad").count() + assets.len();
    assert_eq!(keys.len(), bad);
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), bad, "no row is told twice");
    assert_eq!(report["totals"]["rows_scanned"], values.len() + assets.len());
}

async fn tables(database: &TestDatabase) -> Vec<Vec<Option<String>>> {
    let list = match database.engine {
        Engine::Sqlite => "SELECT name FROM sqlite_master ORDER BY 1",
        Engine::Postgres => "SELECT tablename::text FROM pg_tables ORDER BY 1",
        Engine::MySql => "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
    };
    database.rows(list).await
}
