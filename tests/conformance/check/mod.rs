//! Checks one after the other, and what they leave for each other.

mod incremental;
mod watch;

use std::fs;

use serde_json::{Value, json};
pub use watch::now;
use watch::{Watch, compared};

use crate::state::{dump_all, fill_assets, fill_tasks};
use crate::statemend::{Ran, command, ran, signal, statemend};
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    a_check_goes_from_clean_to_new_rows_to_the_same_to_mended,
    the_first_check_has_nothing_to_compare_with,
    one_check_at_a_time_and_an_interrupted_one_is_not_remembered,
    two_databases_do_not_mix,
    a_check_that_fails_says_so_in_its_metrics_and_keeps_what_was_known,
    a_state_that_cannot_be_used_is_refused_before_anything_is_read,
);

async fn a_check_goes_from_clean_to_new_rows_to_the_same_to_mended(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["1", "2", "NaN"]).await;
    let watch = Watch::of(&database);
    let check = |more: &[&str], exit| watch.check(more).exits(exit).json();

    let clean = check(&["--fail-on", "error"], 0);
    assert_eq!((compared(&clean), &clean["check"]["previous_at"]), ([0, 0, 0, 0, 0, 1], &json!(null)));
    assert_eq!((&clean["mode"], &clean["outcome"]), (&json!("check"), &json!("clean")));
    assert_eq!(watch.metrics().sum("findings", Some(("severity", "error"))), 0.0);
    assert_eq!(watch.metrics().sum("baseline_rows", None), 1.0);

    database.execute("UPDATE task_state_store SET value = 'bad' WHERE id = 2").await;
    fill_assets(&database, &[(1, "a \"key\"", "bad"), (2, "b", "1")]).await;
    let new = check(&["--fail-on", "new"], 10);
    assert_eq!(compared(&new), [2, 0, 1, 0, 0, 0]);
    assert_eq!(new["check"]["previous_at"], clean["started_at"]);
    assert_eq!(marked(&new), [("example · key 2", true), ("example · key 3", false), ("1 · a \"key\"", true)]);
    let metrics = watch.metrics();
    assert_eq!(metrics.sum("new_error_rows", None), 2.0);
    assert_eq!(metrics.sum("findings", Some(("kind", "raw_text"))), 2.0);
    assert_eq!(metrics.sum("unreadable_lists", Some(("table", "asset_state_store"))), 1.0);
    assert_eq!(metrics.sum("rows_scanned", None), 5.0);

    let same = check(&["--fail-on", "new"], 0);
    assert_eq!((compared(&same), &same["outcome"]), ([0, 0, 3, 0, 0, 0], &json!("clean")));
    check(&["--fail-on", "error"], 10);

    database.execute("UPDATE task_state_store SET value = 'bad again' WHERE id = 2").await;
    let changed = check(&["--fail-on", "new"], 10);
    assert_eq!(compared(&changed), [1, 1, 2, 0, 0, 0]);
    check(&["--fail-on", "warning"], 10);

    statemend(&["repair", "--yes", "--url", database.url()]).exits(0);
    database.execute("DELETE FROM task_state_store WHERE id = 3").await;
    let mended = check(&["--fail-on", "warning"], 0);
    assert_eq!(compared(&mended), [0, 0, 0, 2, 1, 0]);
    let errors: Vec<_> = trend(&mended, "errors");
    assert_eq!(errors, [0, 2, 2, 2, 2, 2, 0]);
    assert_eq!(trend(&mended, "new"), [0, 2, 0, 0, 1, 0, 0]);
    assert_eq!(trend(&mended, "gone"), [0, 0, 0, 0, 0, 0, 3]);
    let metrics = watch.metrics();
    assert_eq!(
        (metrics.sum("success", None), metrics.sum("full", None), metrics.sum("gone_rows", None)),
        (1.0, 1.0, 3.0)
    );
}

/// Whose the findings are and whether they are new.
fn marked(report: &Value) -> Vec<(&'static str, bool)> {
    let findings = report["findings"].as_array().expect("a list").iter();
    let marked = findings.map(|finding| {
        let identity = &finding["identity"];
        let owner = identity["dag_id"].as_str().map_or_else(|| identity["asset_id"].to_string(), str::to_owned);
        let name = format!("{owner} · {}", identity["key"].as_str().expect("a key"));
        (&*name.leak(), finding["new"].as_bool().expect("new or not"))
    });
    marked.collect()
}

fn trend(report: &Value, count: &str) -> Vec<u64> {
    let points = report["check"]["trend"].as_array().expect("a list");
    points.iter().map(|point| point[count].as_u64().expect("a count")).collect()
}

async fn the_first_check_has_nothing_to_compare_with(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad", "NaN"]).await;
    let watch = Watch::of(&database);
    let first = watch.check(&["--fail-on", "new"]).exits(0).says("new=0 new_errors=0").says("baseline=2").json();
    assert_eq!((compared(&first), &first["outcome"]), ([0, 0, 0, 0, 0, 2], &json!("clean")));
    assert!(first["findings"].as_array().expect("a list").iter().all(|finding| finding.get("new").is_none()));
    // Another table is compared with nothing, be it that others have been looked at.
    fs::remove_file(watch.path("state.jsonl")).expect("a state");
    watch.check(&["--table", "task_state_store"]).exits(10);
    fill_assets(&database, &[(1, "a", "bad")]).await;
    let joined = watch.check(&["--fail-on", "new"]).exits(0).json();
    assert_eq!(compared(&joined), [0, 0, 2, 0, 0, 1]);
    assert_eq!(joined["tables"][1]["check"]["previous_at"], json!(null));
    let differences = joined["check"]["differences"].as_array().expect("a list");
    assert!(differences[0].as_str().expect("a sentence").starts_with("asset_state_store has not been looked at"));
}

async fn one_check_at_a_time_and_an_interrupted_one_is_not_remembered(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["1"; 100]).await;
    let watch = Watch::of(&database);
    watch.check(&[]).exits(0);
    let (state, known) = (watch.state(), watch.metrics());
    database.execute("UPDATE task_state_store SET value = 'bad' WHERE id = 1").await;
    let mut slow = watch.start(&["--max-rows-per-second", "1"]);
    let second = watch.check(&[]);
    if slow.try_wait().expect("a child can be waited for").is_some() {
        let Ran { code, stderr, .. } = ran(slow.wait_with_output().expect("it has ended"));
        panic!("the first check has ended with {code}: {stderr}");
    }
    second.exits(12).says("another check is at work").says("hint: ");
    assert_eq!(watch.metrics().sum("success", None), 1.0, "who comes second has nothing to say");
    signal("-TERM", &slow);
    let interrupted = ran(slow.wait_with_output().expect("it ends")).exits(130).json();
    assert_eq!(interrupted["outcome"], "interrupted");
    assert_eq!(watch.state(), state);
    let metrics = watch.metrics();
    assert_eq!(metrics.sum("success", None), 0.0);
    let last_success = "last_success_timestamp_seconds";
    assert_eq!(metrics.sum(last_success, None), known.sum(last_success, None));
    let new = watch.check(&["--fail-on", "new"]).exits(10).json();
    assert_eq!(compared(&new)[0], 1, "what the interrupted check had seen is still new");
}

async fn two_databases_do_not_mix(engine: Engine) {
    let databases = [TestDatabase::fresh(engine).await, TestDatabase::fresh(engine).await];
    let home = tempfile::tempdir().expect("a folder");
    let check = |database: &TestDatabase| {
        let mut command = command(&["check", "--format", "json", "--url", database.url()]);
        ran(command.env("XDG_STATE_HOME", home.path()).output().expect("the program starts"))
    };
    fill_tasks(&databases[0], &["bad", "1"]).await;
    fill_tasks(&databases[1], &["bad", "bad"]).await;
    let baselines = databases.each_ref().map(|database| compared(&check(database).exits(10).json())[5]);
    assert_eq!(baselines, [1, 2]);
    let still = databases.each_ref().map(|database| compared(&check(database).exits(10).json()));
    assert_eq!(still, [[0, 0, 1, 0, 0, 0], [0, 0, 2, 0, 0, 0]]);
    let files = fs::read_dir(home.path().join("statemend")).expect("a folder").filter_map(Result::ok);
    let states = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "jsonl"));
    assert_eq!(states.count(), 2);
    let watch = Watch::of(&databases[0]);
    watch.check(&[]).exits(10);
    let before = watch.state();
    watch.check(&["--url", databases[1].url()]).exits(2).says("remembers a check of").says("--state FILE");
    assert_eq!(watch.state(), before);
}

async fn a_check_that_fails_says_so_in_its_metrics_and_keeps_what_was_known(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad"]).await;
    let watch = Watch::of(&database);
    watch.check(&["--table", "xcom"]).exits(2);
    assert_eq!(watch.metrics().names(), ["statemend_check_success", "statemend_check_last_run_timestamp_seconds"]);
    watch.check(&[]).exits(10);
    let known = watch.metrics();
    let fails = |more: &[&str], exit| {
        let failed = watch.check(more).exits(exit);
        assert!(!failed.stderr.contains("hunter2"), "{}", failed.stderr);
        let metrics = watch.metrics();
        assert_eq!(metrics.sum("success", None), 0.0);
        assert!(metrics.sum("last_run_timestamp_seconds", None) > known.sum("last_run_timestamp_seconds", None));
        for name in ["last_success_timestamp_seconds", "findings", "rows_scanned"] {
            assert_eq!(metrics.sum(name, None), known.sum(name, None), "{name} after {more:?}");
        }
    };
    fails(&["--table", "xcom"], 2);
    fails(&["--url", "sqlite://"], 2);
    fails(&["--url", &unusable(&database)], 3);
}

/// The address of the same database, which is gone, or lets nobody in.
fn unusable(database: &TestDatabase) -> String {
    let url = database.url();
    if database.engine == Engine::Sqlite {
        fs::remove_file(url.trim_start_matches("sqlite:///")).expect("a database");
        return url.to_owned();
    }
    let (scheme, rest) = url.split_once("://").expect("a URL");
    format!("{scheme}://nobody:hunter2@{}", rest.split_once('@').expect("a user").1)
}

async fn a_state_that_cannot_be_used_is_refused_before_anything_is_read(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad"]).await;
    let watch = Watch::of(&database);
    watch.check(&[]).exits(10);
    let good = watch.state();
    let cases = [
        (good.replacen("\"state_version\":1", "\"state_version\":99", 1), "version 99, this release knows up to 1"),
        (good[..good.len() / 2].to_owned(), "damaged in line"),
        (good.replacen("\"flagged\":1", "\"flagged\":0", 1), "are not what was written"),
        ("anything".to_owned(), "is not what a check has left"),
    ];
    for (text, complaint) in cases {
        fs::write(watch.path("state.jsonl"), &text).expect("a file");
        let refused = watch.check(&[]).exits(2).says(complaint).says("hint: ");
        assert_eq!(refused.stdout, "");
        assert_eq!(watch.state(), text, "it stays as it was");
    }
    let nowhere = watch.path("no/such/folder/state.jsonl");
    watch.check(&["--state", nowhere.to_str().expect("text")]).exits(2);
    assert_eq!(dump_all(&database).await[0].len(), 1);
}
