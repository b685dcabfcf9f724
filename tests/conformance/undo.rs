use serde_json::json;

use crate::state::{KINDS, dump_all, fill_assets, fill_tasks, task_values};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    an_undo_gives_back_every_byte,
    rows_that_someone_has_written_since_are_listed_and_left,
    values_that_differ_only_in_case_or_trailing_spaces_are_different,
    an_undo_can_be_repeated_and_be_undone,
    an_unknown_run_is_named_in_the_error,
);

async fn repaired(database: &TestDatabase) -> String {
    let report = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    report["run_id"].as_str().expect("a run").to_owned()
}

async fn an_undo_gives_back_every_byte(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &KINDS.iter().map(|(_, value, _)| *value).collect::<Vec<_>>()).await;
    fill_assets(&database, &[(1, "a", " 'x' "), (2, "b", "\u{feff}1"), (3, "c", "\t\r\n\u{7f}\u{2028}")]).await;
    let before = dump_all(&database).await;
    let run = repaired(&database).await;
    assert_ne!(dump_all(&database).await, before);
    let report = statemend(&["undo", &run, "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(report["outcome"], "undone");
    assert_eq!(dump_all(&database).await, before);
}

async fn rows_that_someone_has_written_since_are_listed_and_left(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["one", "two", "three", "four"]).await;
    let run = repaired(&database).await;
    database.execute("UPDATE task_state_store SET value = '\"new\"' WHERE id = 2").await;
    database.execute("DELETE FROM task_state_store WHERE id = 3").await;
    let report = statemend(&["undo", &run, "--yes", "--url", database.url(), "--format", "json"]).exits(11).json();
    assert_eq!(report["outcome"], "partial");
    assert_eq!(report["totals"]["rewritten"], 2);
    assert_eq!(report["totals"]["drifted"], 2);
    let listed: Vec<_> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|finding| (finding["key"]["id"].clone(), finding["reason"].clone()))
        .collect();
    assert_eq!(listed, [(json!(2), json!("written_since")), (json!(3), json!("gone"))]);
    assert_eq!(task_values(&database).await, ["one", "\"new\"", "four"]);
}

async fn values_that_differ_only_in_case_or_trailing_spaces_are_different(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["Value", "value", "accent"]).await;
    let run = repaired(&database).await;
    for (id, value) in [(1, "\"value\""), (2, "\"value\" "), (3, "\"áccent\"")] {
        database.execute(&format!("UPDATE task_state_store SET value = '{value}' WHERE id = {id}")).await;
    }
    let report = statemend(&["undo", &run, "--yes", "--url", database.url(), "--format", "json"]).exits(11).json();
    assert_eq!(report["totals"]["drifted"], 3);
    assert_eq!(task_values(&database).await, ["\"value\"", "\"value\" ", "\"áccent\""]);
}

async fn an_undo_can_be_repeated_and_be_undone(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["one", "two"]).await;
    let run = repaired(&database).await;
    let undo = |run: &str| {
        let ran = statemend(&["undo", run, "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
        (ran["run_id"].as_str().expect("a run").to_owned(), ran["totals"]["rewritten"].clone())
    };
    let (first, restored) = undo(&run);
    assert_eq!(restored, 2);
    assert_eq!(undo(&run).1, 0, "there is nothing left to put back");
    let undone_by = || {
        let run = statemend(&["runs", &run, "--url", database.url(), "--format", "json"]).exits(0).json();
        run["undone_by"].as_str().map(str::to_owned)
    };
    assert_eq!(undone_by().as_ref(), Some(&first), "the undo that has put something back is remembered");
    assert_eq!(task_values(&database).await, ["one", "two"]);
    undo(&first);
    assert_eq!(task_values(&database).await, ["\"one\"", "\"two\""]);
    let (third, restored) = undo(&run);
    assert_eq!((restored.as_u64(), undone_by()), (Some(2), Some(third)), "what was put back again is undone anew");
}

async fn an_unknown_run_is_named_in_the_error(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    statemend(&["undo", "nobody", "--yes", "--url", database.url()]).exits(2).says("no run nobody");
    fill_tasks(&database, &["one"]).await;
    repaired(&database).await;
    statemend(&["undo", "nobody", "--yes", "--url", database.url()]).exits(2).says("statemend runs");
}
