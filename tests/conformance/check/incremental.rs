use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};

use super::watch::{Watch, compared, now};
use crate::older::key_column;
use crate::state::{fill_assets, fill_tasks};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    rows_that_nobody_has_written_since_are_not_read_again,
    an_incremental_check_tells_what_a_full_one_tells,
    rows_that_were_bad_are_looked_up_whatever_their_number,
);

async fn rows_that_nobody_has_written_since_are_not_read_again(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    // Enough for several windows.
    let mut values = vec!["1"; 3000];
    values[1499] = "bad";
    fill_tasks(&database, &values).await;
    fill_assets(&database, &[(1, "a", "1"), (1, "b", "1")]).await;
    let watch = Watch::of(&database);
    let check =
        |more: &[&str], exit| watch.check(&[&["--incremental", "--fail-on", "new"], more].concat()).exits(exit).json();
    let first = check(&[], 0);
    assert_eq!((&first["check"]["pass"], &first["totals"]["rows_scanned"]), (&json!("full"), &json!(3002)));
    let written = format!("SET value = 'bad', updated_at = {}", now(engine));
    database.execute(&format!("UPDATE task_state_store {written} WHERE id IN (5, 2900)")).await;
    database.execute(&format!("UPDATE asset_state_store {written} WHERE asset_id = 1")).await;
    // By someone who hides it.
    database.execute("UPDATE task_state_store SET value = 'bad' WHERE id = 2000").await;
    let new = check(&[], 10);
    assert_eq!((compared(&new), &new["check"]["pass"]), ([4, 0, 1, 0, 0, 0], &json!("incremental")));
    assert_eq!(new["totals"]["rows_scanned"], 5, "four that were written, and one that was bad");
    assert_eq!(new["totals"]["errors"], 5);
    assert_eq!(new["tables"][0]["check"]["full_at"], first["started_at"]);
    if engine == Engine::Sqlite {
        // Nothing keeps a time from being no time. Such a row is read each time.
        database.execute("UPDATE task_state_store SET updated_at = 'some day' WHERE id = 77").await;
        assert_eq!(check(&[], 0)["totals"]["rows_scanned"], 6);
    }
    let hidden = check(&["--full-every", "0s"], 10);
    assert_eq!((compared(&hidden), &hidden["check"]["pass"]), ([1, 0, 5, 0, 0, 0], &json!("full")));
    let other = watch.check(&["--incremental", "-v", "--max-value-bytes", "9"]).exits(10).says("had other options");
    assert_eq!(other.json()["check"]["pass"], "full");
    let one =
        watch.check(&["--incremental", "--table", "asset_state_store", "--max-value-bytes", "9"]).exits(10).json();
    assert_eq!((&one["check"]["pass"], compared(&one)), (&json!("incremental"), [0, 0, 2, 0, 0, 0]));
}

const ROUNDS: usize = 8;
const VALUES: [&str; 6] = ["1", r#"{"a": 1}"#, "bad", "also bad", "[NaN]", r#"{"a": 1, "a": 2}"#];

/// A world in which writers say when they write. Between two checks, hours pass.
async fn an_incremental_check_tells_what_a_full_one_tells(engine: Engine) {
    let seed = fastrand::u64(..);
    let mut world = World { rng: Rng::with_seed(seed), database: TestDatabase::fresh(engine).await, next: 1 };
    let [full, incremental] = [(); 2].map(|()| Watch::of(&world.database));
    for round in 0..ROUNDS {
        for _ in 0..12 {
            world.turn().await;
        }
        if round == ROUNDS / 2 {
            // Mends without touching the time of the last write.
            statemend(&["repair", "--yes", "--url", world.database.url()]).exits(0);
        }
        let jobs = ["--incremental", "--jobs", if round % 2 == 0 { "1" } else { "3" }];
        let [all, some] = [(&full, &[][..]), (&incremental, &jobs[..])].map(|(watch, more)| {
            let ran = watch.check(more);
            assert!([0, 10].contains(&ran.code), "{}", ran.stderr);
            ran.json()
        });
        assert_eq!(told(&some), told(&all), "round {round} of seed {seed}");
        let rows = |report: &Value| report["totals"]["rows_scanned"].as_u64().expect("a count");
        // A row that was bad and has been written anew is read for either reason.
        let twice = some["check"]["gone_readable"].as_u64().expect("a count");
        assert!(rows(&some) <= rows(&all) + twice, "round {round} of seed {seed}");
        let pass = if round == 0 { "full" } else { "incremental" };
        assert_eq!(some["check"]["pass"], pass);
        for table in ["task_state_store", "asset_state_store"] {
            world.database.execute(&format!("UPDATE {table} SET updated_at = '2026-05-04 03:02:01'")).await;
        }
    }
}

struct World {
    rng: Rng,
    database: TestDatabase,
    next: u32,
}

impl World {
    /// Somebody writes, or deletes.
    async fn turn(&mut self) {
        let (engine, rng) = (self.database.engine, &mut self.rng);
        let (value, now) = (engine.literal(rng.choice(VALUES).expect("a value")), now(engine));
        let key = key_column(engine);
        let any = rng.u32(1..=self.next);
        let (column, any_key) = (format!("{key} = 'key {any}'"), self.next);
        let table = if rng.bool() { "task_state_store" } else { "asset_state_store" };
        let sql = match (rng.u8(..8), table) {
            (0, _) => format!("DELETE FROM {table} WHERE {column}"),
            (1..=3, _) => format!("UPDATE {table} SET value = {value}, updated_at = {now} WHERE {column}"),
            (_, "task_state_store") => format!(
                "INSERT INTO {table} (id, dag_run_id, task_id, map_index, {key}, dag_id, run_id, value, updated_at) \
                 VALUES ({any_key}, 1, 'task', -1, 'key {any_key}', 'example', 'first', {value}, {now})"
            ),
            _ => format!(
                "INSERT INTO {table} (asset_id, {key}, value, updated_at) \
                 VALUES ({}, 'key {any_key}', {value}, {now})",
                rng.u8(1..=3)
            ),
        };
        self.next += 1;
        self.database.execute(&sql).await;
    }
}

/// All that two checks of the same database must agree on: what was found in which row, whether it is new, and counts.
fn told(report: &Value) -> (BTreeMap<String, [Value; 3]>, Vec<Value>) {
    let findings = report["findings"].as_array().expect("a list").iter();
    let finding = |finding: &Value| {
        let row = format!("{} {}", finding["table"], finding["key"]);
        (row, ["kind", "sha256", "new"].map(|name| finding[name].clone()))
    };
    let counts = ["errors", "warnings", "notices", "findings", "unreadable_lists"];
    let rows = ["new", "new_errors", "changed", "still", "gone", "gone_readable", "gone_deleted", "baseline"];
    let table = |table: &Value| {
        let counts = counts.map(|name| table[name].clone());
        let rows = rows.map(|name| table["check"][name].clone());
        json!([table["table"], counts, rows])
    };
    (findings.map(finding).collect(), report["tables"].as_array().expect("tables").iter().map(table).collect())
}

async fn rows_that_were_bad_are_looked_up_whatever_their_number(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    // More than one statement asks for.
    fill_tasks(&database, &["bad"; 2500]).await;
    let assets: Vec<String> = (0..300).map(|key| format!("Key {key}")).collect();
    fill_assets(&database, &assets.iter().map(|key| (1, key.as_str(), "bad")).collect::<Vec<_>>()).await;
    let watch = Watch::of(&database);
    watch.check(&["--incremental"]).exits(10);
    database.execute("DELETE FROM task_state_store WHERE id > 2400").await;
    database.execute("UPDATE task_state_store SET value = '1' WHERE id <= 50").await;
    database.execute("UPDATE asset_state_store SET value = 'another' WHERE asset_id = 1 AND value = 'bad'").await;
    let report = watch.check(&["--incremental", "--max-findings", "5"]).exits(10).json();
    assert_eq!(compared(&report), [300, 300, 2350, 50, 100, 0]);
    assert_eq!(report["totals"]["rows_scanned"], 2400 + 300);
    let again = watch.check(&["--incremental", "--max-findings", "5"]).exits(10).json();
    assert_eq!(compared(&again), [0, 0, 2650, 0, 0, 0]);
}
