//! From which tables into which.

use serde_json::json;

use super::{NOTHING, arguments, assets, carry, counts, dry_run, left, released, run_of, tasks, told, undo, values};
use crate::generations::{BAD_ASSETS, BAD_TASKS, fill};
use crate::older::{GENERATIONS, Task, dump, fill_assets, fill_tasks, key_column, left_by};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    every_generation_is_carried_mended_and_taken_out_again,
    times_and_writers_go_along,
    the_newest_copy_of_a_row_is_its_state,
    a_database_without_older_tables_has_nothing_to_carry,
    what_is_missing_is_told_and_what_to_do_about_it,
    many_rows_of_four_key_columns_go_in_one_chunk,
    long_values_go_as_they_are,
);

async fn every_generation_is_carried_mended_and_taken_out_again(engine: Engine) {
    for of in &GENERATIONS[..3] {
        let database = left_by(engine, &[of.number, 4]).await;
        fill(&database, of).await;
        let older = dump(&database, of).await;
        let (all_tasks, all_assets) = (older[0].len(), older[1].len());

        let plan = dry_run(&database, &[]).exits(10).json();
        assert_eq!((&plan["mode"], &plan["run_id"]), (&json!("carry-dry-run"), &json!(null)));
        assert_eq!(released(&database).await, NOTHING);
        let report = carry(&database, &[]).exits(0).json();
        assert_eq!(told(&plan), told(&report));
        assert_eq!((&report["mode"], &report["outcome"]), (&json!("carry"), &json!("carried")));
        let [all, bad] = [all_tasks + all_assets, BAD_TASKS + BAD_ASSETS].map(|rows| rows as u64);
        assert_eq!(counts(&report), [all, bad, 0, 0, 0, 0]);
        for (table, from, into) in [(0, of.tasks, "task_state_store"), (1, of.assets, "asset_state_store")] {
            let table = &report["tables"][table];
            assert_eq!((&table["table"], &table["into"]), (&json!(from), &json!(into)));
            assert_eq!(table["generation"], of.number);
        }

        assert_eq!(dump(&database, of).await, older, "the older tables stay as they are");
        let there = released(&database).await;
        // A repair of the older tables makes the same of the values, and nothing else is different.
        statemend(&["repair", "--yes", "--table", of.tasks, "--table", of.assets, "--url", database.url()]).exits(0);
        assert_eq!(there, [tasks(&database, of).await, assets(&database, of).await]);
        let scan = ["scan", "--table", "task_state_store", "--table", "asset_state_store", "--url", database.url()];
        statemend(&scan).exits(0);

        let undone = undo(&database, &report).exits(0).json();
        assert_eq!((&undone["removes"], &undone["totals"]["rewritten"]), (&json!(true), &json!(all)));
        assert_eq!(released(&database).await, NOTHING);
    }
}

async fn times_and_writers_go_along(engine: Engine) {
    let database = left_by(engine, &[3, 4]).await;
    fill_tasks(&database, "task_store", &[(1, "load", -1, "expires", "1"), (1, "load", -1, "stays", "bad")]).await;
    fill_assets(&database, "asset_store", &[(1, "written by a task", "bad"), (2, "written by nobody", "1")]).await;
    let key = key_column(engine);
    // Builds of mid-June know the writer; the first ones of June do not.
    let more = "ALTER TABLE asset_store ADD COLUMN last_updated_by_kind varchar(16); \
                ALTER TABLE asset_store ADD COLUMN last_updated_by_dag_id varchar(250)";
    database.execute(more).await;
    database
        .execute(&format!(
            "UPDATE task_store SET expires_at = '2027-01-02 03:04:05.678901', updated_at = '2026-06-01 00:00:00.000001' \
             WHERE {key} = 'expires'; \
             UPDATE asset_store SET last_updated_by_kind = 'task', last_updated_by_dag_id = 'example' WHERE asset_id = 1"
        ))
        .await;
    carry(&database, &[]).exits(0);
    let times = |table| format!("SELECT {key}, updated_at, expires_at FROM {table} ORDER BY 1");
    let before = database.rows(&times("task_store")).await;
    assert!(before[0][1].as_deref().is_some_and(|time| time.contains("00.000001")), "{before:?}");
    assert_eq!(database.rows(&times("task_state_store")).await, before);
    let writers = "SELECT asset_id, last_updated_by_kind, last_updated_by_dag_id, last_updated_by_task_id \
                   FROM asset_state_store ORDER BY 1";
    let text = |text: &str| Some(text.to_owned());
    let expected = [vec![text("1"), text("task"), text("example"), None], vec![text("2"), None, None, None]];
    assert_eq!(database.rows(writers).await, expected);
}

async fn the_newest_copy_of_a_row_is_its_state(engine: Engine) {
    for oldest in [1, 2] {
        let database = left_by(engine, &[oldest, 3, 4]).await;
        let newer =
            [(1, "load", -1, "both", "\"new\""), (1, "load", -1, "skipped", "[1,"), (1, "load", -1, "twice", "bad")];
        fill_tasks(&database, "task_store", &newer).await;
        let older = [
            (1, "load", -1, "both", "\"old\""),
            (1, "load", -1, "only here", "old"),
            (1, "load", -1, "skipped", "\"stale\""),
            (1, "load", -1, "twice", "bad"),
        ];
        fill_tasks(&database, "task_state", &older).await;
        let rules = rules("[[rule]]\nkind = 'broken_json'\naction = 'skip'\n");
        let by_rules = ["--rules", rules.path().to_str().expect("a path")];

        let plan = dry_run(&database, &by_rules).exits(10).json();
        let report = carry(&database, &by_rules).exits(11).json();
        assert_eq!(told(&plan), told(&report));
        let superseded = |key| ("task_state", key, "superseded");
        let expected = [("task_store", "skipped", "ruled"), superseded("both"), superseded("skipped")];
        assert_eq!(left(&report), expected, "what is the same in both is not worth a word");
        assert_eq!(counts(&report), [3, 2, 1, 2, 0, 3]);
        let value = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let expected = [value("both", "\"new\""), value("only here", "\"old\""), value("twice", "\"bad\"")];
        assert_eq!(values(&database).await, expected);

        // Asked for alone, the older table does not give its stale row either.
        undo(&database, &report).exits(0);
        let alone = carry(&database, &["--table", "task_state"]).exits(11).json();
        assert_eq!(left(&alone), [superseded("both"), superseded("skipped")]);
    }
}

fn rules(rules: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), format!("version = 1\n{rules}")).expect("the rules");
    file
}

async fn a_database_without_older_tables_has_nothing_to_carry(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let human = statemend(&["carry", "--yes", "--url", database.url()]).exits(0);
    assert!(human.stdout.contains("no older state tables"), "{}", human.stdout);
    let report = carry(&database, &[]).exits(0).json();
    assert_eq!((&report["outcome"], &report["run_id"], &report["tables"]), (&json!("clean"), &json!(null), &json!([])));
    assert_eq!(counts(&report), [0; 6]);
    dry_run(&database, &[]).exits(0);
    let runs = statemend(&["runs", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(runs["runs"], json!([]), "nothing was done, and nothing is in a journal");
}

async fn what_is_missing_is_told_and_what_to_do_about_it(engine: Engine) {
    let database = left_by(engine, &[2]).await;
    for command in ["--yes", "--dry-run"] {
        let missing = statemend(&arguments(&database, &[command])).exits(3);
        missing.says("no table task_state_store, into which the rows of task_state").says("docs/tables.md");
    }
    let database = left_by(engine, &[2, 4]).await;
    carry(&database, &["--table", "task_state_store"]).exits(2).says("task_state_store is not of a development build");
    carry(&database, &["--table", "task_store"]).exits(3).says("no table task_store");
    database.execute("DROP TABLE asset_state").await;
    carry(&database, &[]).exits(3).says("no table asset_state, though it has task_state");
    carry(&database, &["--table", "task_state"]).exits(0);
    // Only the table that is filled has to be there.
    database.execute("DROP TABLE asset_state_store").await;
    carry(&database, &["--table", "task_state"]).exits(0);
}

/// More keys than SQLite takes as parameters of one statement.
const MANY: usize = 2_049;

async fn many_rows_of_four_key_columns_go_in_one_chunk(engine: Engine) {
    let database = left_by(engine, &[1, 4]).await;
    let keys: Vec<String> = (0..MANY).map(|number| format!("{number:05}")).collect();
    let value = |number| if number % 3 == 0 { "bad" } else { "1" };
    let rows: Vec<Task<'_>> =
        keys.iter().enumerate().map(|(number, key)| (1, "load", -1, key.as_str(), value(number))).collect();
    fill_tasks(&database, "task_state", &rows).await;
    let few = ["--chunk-rows", "2048", "--max-findings", "10"];
    let report = carry(&database, &few).exits(0).json();
    assert_eq!(counts(&report), [MANY as u64, MANY as u64 / 3, 0, 0, 0, 0]);
    let again = carry(&database, &few).exits(0).json();
    assert_eq!(counts(&again), [0, 0, MANY as u64, 0, 0, 0]);
    let undone = ["undo", run_of(&report), "--yes", "--chunk-rows", "2048", "--url", database.url()];
    statemend(&undone).exits(0);
    assert_eq!(released(&database).await, NOTHING);
}

async fn long_values_go_as_they_are(engine: Engine) {
    let database = left_by(engine, &[3, 4]).await;
    let long = format!("\"{}\"", "x".repeat(3 << 20));
    let rows = [(1, "load", -1, "a", long.as_str()), (1, "load", -1, "b", "[1"), (1, "load", -1, "c", &long)];
    fill_tasks(&database, "task_store", &rows).await;
    let report = carry(&database, &[]).exits(0).json();
    assert_eq!(counts(&report)[..2], [3, 1]);
    let lengths: Vec<usize> = values(&database).await.iter().map(|(_, value)| value.len()).collect();
    assert_eq!(lengths, [long.len(), 4, long.len()]);
    undo(&database, &report).exits(0);
    assert_eq!(values(&database).await, []);
}
