use std::time::{Duration, Instant};

use serde_json::json;

use crate::state::{HEALTHY, KINDS, decoded, dump, dump_all, fill_tasks, task_values};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase, block_on};

on_every_engine!(
    unreadable_values_become_strings_of_their_own_text,
    nothing_but_the_value_changes,
    a_second_repair_changes_nothing,
    the_journal_holds_every_old_value,
    a_dry_run_tells_what_the_repair_then_does,
    values_of_no_bytes_and_of_five_megabytes_come_through,
    nobody_to_ask_means_no_repair,
    a_rewrite_that_the_column_cannot_hold_is_left,
);

async fn unreadable_values_become_strings_of_their_own_text(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let values: Vec<&str> = KINDS.iter().map(|(_, value, _)| *value).chain(HEALTHY.iter().copied()).collect();
    fill_tasks(&database, &values).await;
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(report["outcome"], "repaired");
    assert_eq!(report["totals"]["rewritten"], KINDS.iter().filter(|(_, _, rewrite)| rewrite.is_some()).count());
    let now = task_values(&database).await;
    for ((kind, before, rewrite), after) in KINDS.iter().zip(&now) {
        match rewrite {
            None => assert_eq!(after, before, "{kind}"),
            Some("") => assert_eq!(decoded(after), *before, "{kind}"),
            Some(rewrite) => assert_eq!(after, rewrite, "{kind}"),
        }
    }
    assert_eq!(now[KINDS.len()..], *HEALTHY);
}

async fn nothing_but_the_value_changes(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad", "1"]).await;
    let mut before = dump(&database, "task_state_store").await;
    statemend(&["repair", "--yes", "--url", database.url()]).exits(0);
    for row in &mut before {
        for cell in row.iter_mut().filter(|cell| cell.as_deref() == Some("bad")) {
            *cell = Some("\"bad\"".to_owned());
        }
    }
    assert_eq!(dump(&database, "task_state_store").await, before);
}

async fn a_second_repair_changes_nothing(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &KINDS.iter().map(|(_, value, _)| *value).collect::<Vec<_>>()).await;
    statemend(&["repair", "--yes", "--url", database.url()]).exits(0);
    let once = dump_all(&database).await;
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(report["outcome"], "clean");
    assert_eq!(report["totals"]["rewritten"], 0);
    assert_eq!(dump_all(&database).await, once);
}

async fn the_journal_holds_every_old_value(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["first", "1", "", "trailing  "]).await;
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    let journal =
        database.rows("SELECT run_id, row_key, kind, action, value_before FROM statemend_change ORDER BY seq").await;
    let run = report["run_id"].as_str().map(str::to_owned);
    let entry = |key: &str, kind: &str, before: &str| {
        let text = |text: &str| Some(text.to_owned());
        vec![run.clone(), text(key), text(kind), text("string"), text(before)]
    };
    let expected = [
        entry(r#"{"id":1}"#, "raw_text", "first"),
        entry(r#"{"id":3}"#, "empty", ""),
        entry(r#"{"id":4}"#, "raw_text", "trailing  "),
    ];
    assert_eq!(journal, expected);
}

async fn a_dry_run_tells_what_the_repair_then_does(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &KINDS.iter().map(|(_, value, _)| *value).collect::<Vec<_>>()).await;
    let json = ["--format", "json", "--show-values"];
    let plan = [&["repair", "--dry-run", "--url", database.url()], &json[..]].concat();
    let mut plan = statemend(&plan).exits(10).json();
    let done = [&["repair", "--yes", "--url", database.url()], &json[..]].concat();
    let done = statemend(&done).exits(0).json();
    assert_eq!(plan["mode"], "dry-run");
    assert_eq!(plan["findings"], done["findings"]);
    assert_eq!(plan["circumstances"], done["circumstances"]);
    // Nothing hides any more when a repair is done.
    let hidden = plan["totals"].as_object_mut().and_then(|totals| totals.remove("hidden_keys"));
    assert!(hidden.is_some());
    assert_eq!(plan["totals"], done["totals"]);
    let now = task_values(&database).await;
    for finding in plan["findings"].as_array().expect("a list") {
        if let Some(rewrite) = finding["rewrite"].as_str() {
            let id = finding["key"]["id"].as_u64().expect("an id") as usize;
            assert_eq!(now[id - 1], rewrite);
        }
    }
}

async fn values_of_no_bytes_and_of_five_megabytes_come_through(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let long = "läuft ".repeat(5_000_000 / 7);
    let healthy = format!("\"{}\"", "x".repeat(5_000_000));
    fill_tasks(&database, &["", &long, &healthy]).await;
    let before = dump_all(&database).await;
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    let now = task_values(&database).await;
    assert_eq!(now[0], "\"\"");
    assert!(decoded(&now[1]) == long && now[2] == healthy, "long values are kept");
    let run = report["run_id"].as_str().expect("a run");
    statemend(&["undo", run, "--yes", "--url", database.url()]).exits(0);
    assert!(dump_all(&database).await == before, "every byte is back");
}

async fn nobody_to_ask_means_no_repair(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad"]).await;
    statemend(&["repair", "--url", database.url()]).exits(2).says("--yes");
    assert_eq!(task_values(&database).await, ["bad"]);
}

async fn a_rewrite_that_the_column_cannot_hold_is_left(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    // Three million characters of two bytes each become eighteen million of one byte: too many for a MEDIUMTEXT.
    let long = "ä".repeat(3_000_000);
    fill_tasks(&database, &[&long, "bad"]).await;
    let mends_both = engine != Engine::MySql;
    let exit = if mends_both { 0 } else { 11 };
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(exit).json();
    assert_eq!(report["outcome"], if mends_both { "repaired" } else { "partial" });
    let now = task_values(&database).await;
    assert_eq!(now[1], "\"bad\"", "one row that cannot be mended keeps none of the others");
    if !mends_both {
        assert!(now[0] == long, "the row is left as it is");
        let left = report["findings"].as_array().expect("a list").iter().find(|row| row["key"] == json!({"id": 1}));
        assert_eq!(left.expect("the row is listed")["reason"], "too_long");
    }
}

#[test]
fn a_pause_follows_chunks_and_not_windows_in_which_nothing_is_bad() {
    block_on(async {
        let database = TestDatabase::fresh(Engine::Sqlite).await;
        let values: Vec<&str> = (0..4_000).map(|row| if row == 3_999 { "bad" } else { "1" }).collect();
        fill_tasks(&database, &values).await;
        let begin = Instant::now();
        statemend(&["repair", "--yes", "--url", database.url(), "--chunk-pause", "4s"]).exits(0);
        // One chunk, among half a dozen windows.
        assert!(begin.elapsed() < Duration::from_secs(12), "{:?}", begin.elapsed());
    });
}
