//! Shards: processes that share the rows of a database do together what one would do, and never the same row twice.

use std::collections::BTreeMap;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::older::{self, generation, left_by};
use crate::state::{HEALTHY, KINDS, dump_all, fill_assets, fill_tasks, task_values};
use crate::statemend::{begin, end, signal, statemend};
use crate::support::{Engine, TestDatabase};

on_every_engine!(
    shards_find_together_what_one_scan_finds,
    shards_at_work_at_once_leave_what_one_run_leaves_and_each_is_put_back,
    keys_of_several_columns_are_shared_by_the_first_of_them,
    a_run_of_everything_and_one_of_a_part_exclude_each_other,
    many_shards_that_begin_at_once_make_one_journal,
    a_shard_that_is_interrupted_goes_on_where_it_was,
    what_was_bad_is_mended_whatever_comes_and_goes_meanwhile,
    a_plan_may_be_of_one_part_of_the_rows,
);

const TASKS: usize = 3_000;

/// Ids that stand close, then far apart, then close again behind a gap of hundreds of blocks; assets in several blocks.
async fn spread(engine: Engine) -> TestDatabase {
    let database = TestDatabase::fresh(engine).await;
    let values: Vec<&str> = KINDS.iter().map(|(_, value, _)| *value).chain(HEALTHY.iter().copied()).collect();
    let tasks: Vec<&str> = values.iter().copied().cycle().take(TASKS).collect();
    fill_tasks(&database, &tasks).await;
    database.execute("UPDATE task_state_store SET id = 7000000 + id WHERE id > 2000").await;
    database.execute("UPDATE task_state_store SET id = 777 * id WHERE id BETWEEN 1000 AND 2000").await;
    for asset in FURTHER_ASSETS {
        let row = format!("{asset}, 'asset {asset}', 's3://bucket/{asset}', 'asset', '{{}}', {0}, {0}", "'2026-01-01'");
        database.execute(&format!("INSERT INTO asset VALUES ({row})")).await;
    }
    let keys: Vec<String> = (0..40).map(|key| format!("Key {key:03}")).collect();
    let assets = [1, 2].into_iter().chain(FURTHER_ASSETS).flat_map(|asset| keys.iter().map(move |key| (asset, key)));
    let assets = assets.zip(values.iter().cycle()).map(|((asset, key), value)| (asset, key.as_str(), *value));
    fill_assets(&database, &assets.collect::<Vec<_>>()).await;
    database
}

const FURTHER_ASSETS: [u8; 5] = [15, 16, 17, 100, 200];

async fn shards_find_together_what_one_scan_finds(engine: Engine) {
    let database = spread(engine).await;
    let scan = |more: &[&str]| {
        let all = ["scan", "--url", database.url(), "--format", "json", "--max-findings", "100000", "--fail-on"];
        statemend(&[&all, more].concat()).json()
    };
    let whole = scan(&["error"]);
    assert_eq!(whole["shard"], Value::Null);
    for count in [1, 2, 4] {
        let shards: Vec<String> = (1..=count).map(|index| format!("{index}/{count}")).collect();
        let parts: Vec<Value> = shards.iter().map(|shard| scan(&["error", "--shard", shard])).collect();
        assert_eq!(findings(&parts), findings(std::slice::from_ref(&whole)), "{count} shards");
        let sums = ["rows_scanned", "bytes_scanned", "errors", "warnings", "notices", "findings"];
        for key in sums {
            assert_eq!(sum(&parts, key), sum(std::slice::from_ref(&whole), key), "{key} of {count} shards");
        }
        let begun = |part: &Value| part["totals"]["rows_scanned"].as_u64() > Some(0);
        assert!(parts.iter().all(begun), "each of {count} shards has some of the rows");
        for (shard, part) in shards.iter().zip(&parts) {
            assert_eq!(part["shard"], *shard);
            let several = scan(&["error", "--shard", shard, "--jobs", "3"]);
            assert_eq!((&several["findings"], &several["totals"]), (&part["findings"], &part["totals"]), "{shard}");
        }
    }
}

/// What was found, in an order that does not depend on who found it.
fn findings(reports: &[Value]) -> Vec<String> {
    let of = |report: &Value| report["findings"].as_array().expect("a list").clone();
    let mut all: Vec<String> = reports.iter().flat_map(of).map(|finding| finding.to_string()).collect();
    all.sort();
    all
}

/// A total, over all reports; of findings, by kind.
fn sum(reports: &[Value], key: &str) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for report in reports {
        match &report["totals"][key] {
            Value::Object(kinds) => kinds.iter().for_each(|(kind, rows)| {
                *sums.entry(kind.clone()).or_default() += rows.as_u64().expect("a number");
            }),
            rows => *sums.entry(String::new()).or_default() += rows.as_u64().expect("a number"),
        }
    }
    sums
}

async fn shards_at_work_at_once_leave_what_one_run_leaves_and_each_is_put_back(engine: Engine) {
    let (alone, shared) = (spread(engine).await, spread(engine).await);
    let before = dump_all(&shared).await;
    let by_one = statemend(&repairing(&alone, &[])).exits(0).json();
    let shards = ["1/4", "2/4", "3/4", "4/4"];
    let working: Vec<Child> = shards.iter().map(|shard| begin(&repairing(&shared, &["--shard", shard]))).collect();
    let done: Vec<Value> = working.into_iter().map(|child| end(child).exits(0).json()).collect();
    assert!(dump_all(&shared).await == dump_all(&alone).await, "the tables are the same");
    for key in ["rows_scanned", "rewritten", "skipped", "drifted"] {
        assert_eq!(sum(&done, key), sum(std::slice::from_ref(&by_one), key), "{key}");
    }

    let runs = statemend(&["runs", "--url", shared.url(), "--format", "json"]).exits(0).json();
    let [together] = runs["shared"].as_array().expect("a list").as_slice() else { panic!("one group: {runs}") };
    assert_eq!((&together["shards"], &together["states"]), (&json!(4), &json!({"done": 4})));
    assert_eq!(together["totals"]["rewritten"], by_one["totals"]["rewritten"]);
    let listed = statemend(&["runs", "--url", shared.url()]).exits(0).stdout;
    assert!(listed.contains("4 shards") && listed.contains("4 done") && listed.contains("repair 3/4"), "{listed}");

    for report in &done {
        let run = report["run_id"].as_str().expect("a run");
        statemend(&["undo", run, "--yes", "--url", shared.url()]).exits(0);
    }
    assert!(dump_all(&shared).await == before, "every byte is back");
}

async fn keys_of_several_columns_are_shared_by_the_first_of_them(engine: Engine) {
    let database = left_by(engine, &[1]).await;
    let runs = (4..100).map(|run| format!("({run}, 'example', 'run {run}', 'manual', '2026-01-04 00:00:00')"));
    let columns = "id, dag_id, run_id, run_type, run_after";
    older::insert(&database, "dag_run", columns, runs.collect()).await;
    let tasks: Vec<_> = (1..100).flat_map(|run| [(run, "a", -1, "k", "bad"), (run, "b", 0, "k", "[1]")]).collect();
    older::fill_tasks(&database, generation(1).tasks, &tasks).await;
    let mend = |shard| statemend(&repairing(&database, &["--shard", shard])).exits(0).json();
    let done: Vec<Value> = ["1/3", "2/3", "3/3"].map(mend).into();
    let rewritten: Vec<u64> = done.iter().map(|part| part["totals"]["rewritten"].as_u64().expect("a number")).collect();
    // Blocks of sixteen runs: from 0 and 48 and 96, from 16 and 64, from 32 and 80.
    assert_eq!(rewritten, [15 + 16 + 4, 16 + 16, 16 + 16]);
    assert_eq!(sum(&done, "rows_scanned").values().sum::<u64>(), 198);
    statemend(&["scan", "--url", database.url()]).exits(0);
}

async fn a_run_of_everything_and_one_of_a_part_exclude_each_other(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &["bad"]).await;
    let run = statemend(&repairing(&database, &[])).exits(0).json();
    let run = run["run_id"].as_str().expect("a run");
    // Leases of those at work, who comes, and whether there is a place.
    let cases: [(&str, &[&str], bool); 7] = [
        ("all", &["--shard", "1/2"], false),
        ("2/4", &[], false),
        ("2/4", &["--shard", "2/4"], false),
        ("2/4", &["--shard", "1/3"], false),
        ("2/4", &["--shard", "1/4"], true),
        ("2/4", &["--shard", "3/4"], true),
        ("from a newer release", &["--shard", "3/4"], false),
    ];
    for (lease, more, has_place) in cases {
        let shard = if lease.contains('/') { format!(r#","shard":"{lease}""#) } else { String::new() };
        let options = format!(r#"REPLACE(options, '"version":1', '"version":1{shard}')"#);
        let at_work = format!("state = 'running', lease = '{lease}', options = {options}");
        database.execute(&format!("UPDATE statemend_run SET {at_work} WHERE run_id = '{run}'")).await;
        let came = statemend(&repairing(&database, more));
        if has_place {
            came.exits(0);
        } else {
            let named = if lease.contains('/') { format!("repair {lease} {run}") } else { run.to_owned() };
            came.exits(12).says("another run is at work").says(&named);
        }
        let ended = format!("state = 'done', lease = NULL, options = REPLACE(options, '{shard}', '')");
        database.execute(&format!("UPDATE statemend_run SET {ended} WHERE run_id = '{run}'")).await;
        statemend(&["scan", "--url", database.url()]).exits(0);
    }
}

async fn many_shards_that_begin_at_once_make_one_journal(engine: Engine) {
    for _ in 0..3 {
        let database = TestDatabase::fresh(engine).await;
        fill_tasks(&database, &["bad"]).await;
        let shards: Vec<String> = (1..=12).map(|index| format!("{index}/12")).collect();
        let working: Vec<Child> =
            shards.iter().map(|shard| begin(&repairing(&database, &["--shard", shard]))).collect();
        for child in working {
            end(child).exits(0);
        }
        let runs = statemend(&["runs", "--url", database.url(), "--format", "json"]).exits(0).json();
        assert_eq!(runs["shared"][0]["states"], json!({"done": 12}));
        assert_eq!(database.journaled().await, 1);
    }
}

async fn a_shard_that_is_interrupted_goes_on_where_it_was(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    fill_tasks(&database, &vec!["bad"; 8_000]).await;
    // Into the second block of three and, behind blocks of others', into the fifth.
    database.execute("UPDATE task_state_store SET id = id + 16384 WHERE id <= 4000").await;
    database.execute("UPDATE task_state_store SET id = id + 4 * 16384 WHERE id BETWEEN 4001 AND 8000").await;
    let shard = ["--shard", "2/3", "--chunk-rows", "100", "--chunk-pause", "20ms"];
    let child = begin(&repairing(&database, &shard));
    while database.journaled().await == 0 {
        sleep(Duration::from_millis(2));
    }
    signal("-INT", &child);
    let interrupted = end(child).exits(130).json();
    let done = database.journaled().await;
    assert!(done < 8_000, "{done} rows were mended before the stop");
    let other = statemend(&repairing(&database, &["--shard", "3/3"])).exits(0).json();
    assert_ne!(other["run_id"], interrupted["run_id"], "another shard is another run");
    let runs = statemend(&["runs", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(runs["shared"][0]["states"], json!({"done": 1, "interrupted": 1, "missing": 1}));
    let finished_at = |run: &Value| (run["state"].clone(), run["finished_at"].is_string());
    let ends: Vec<_> = runs["runs"].as_array().expect("a list").iter().map(finished_at).collect();
    assert_eq!(ends, [(json!("done"), true), (json!("interrupted"), false)], "what was stopped has no end yet");
    let finished = statemend(&repairing(&database, &["--shard", "2/3"])).exits(0).json();
    assert_eq!(finished["run_id"], interrupted["run_id"], "it goes on with the same run");
    assert_eq!(finished["totals"]["rewritten"], 8_000);
    statemend(&["scan", "--url", database.url()]).exits(0);
}

async fn what_was_bad_is_mended_whatever_comes_and_goes_meanwhile(engine: Engine) {
    let database = spread(engine).await;
    // Half a second and more for each of the shards.
    let slowly = ["--max-rows-per-second", "2000", "--chunk-rows", "50"];
    let shards = ["1/3", "2/3", "3/3"];
    let begin = |shard| begin(&repairing(&database, &[&["--shard", shard], &slowly[..]].concat()));
    let working: Vec<Child> = shards.map(begin).into();
    for round in 0..30 {
        let last = 9_000_000 + round * 20_000;
        let bad = format!(
            "INSERT INTO task_state_store SELECT {last}, dag_run_id, task_id, map_index, 'come {round}', dag_id, run_id, \
             'bad', updated_at, expires_at FROM task_state_store WHERE id = 1"
        );
        // Rows at the end, gaps in the middle, and writers in front of everyone. SQLite may be busy.
        for statement in [
            bad,
            format!("DELETE FROM task_state_store WHERE id BETWEEN {0} AND {0} + 3000", 777 * (1_000 + 25 * round)),
            format!("UPDATE task_state_store SET value = '[{round}]' WHERE id = {}", 1 + round * 30),
        ] {
            while database.connect().await.try_execute(&statement).await.is_err() {
                sleep(Duration::from_millis(20));
            }
        }
        sleep(Duration::from_millis(15));
    }
    for child in working {
        end(child).exits(0);
    }
    let left = task_values(&database).await.into_iter().filter(|value| value == "läuft\tnoch 🦀").count();
    assert_eq!(left, 0, "rows that were bad from the beginning to the end");
    for shard in shards {
        statemend(&repairing(&database, &["--shard", shard])).exits(0);
    }
    statemend(&["scan", "--url", database.url()]).exits(0);
}

async fn a_plan_may_be_of_one_part_of_the_rows(engine: Engine) {
    let database = spread(engine).await;
    let folder = tempfile::tempdir().expect("a folder");
    for shard in ["1/2", "2/2"] {
        let file = folder.path().join(shard.replace('/', "-of-"));
        let plan = file.to_str().expect("a path");
        statemend(&["scan", "--url", database.url(), "--shard", shard, "--plan-out", plan]).exits(10);
        statemend(&repairing(&database, &["--plan", plan])).exits(0);
    }
    statemend(&["scan", "--url", database.url()]).exits(0);
    statemend(&["repair", "--plan", "plan", "--shard", "1/2", "--url", database.url()]).exits(2).says("--shard");
}

/// With a report that fits the pipe, since nobody reads it before the end.
fn repairing<'a>(database: &'a TestDatabase, more: &[&'a str]) -> Vec<&'a str> {
    let repair = ["repair", "--yes", "--url", database.url(), "--format", "json", "--max-findings", "10"];
    [&repair, more].concat()
}
