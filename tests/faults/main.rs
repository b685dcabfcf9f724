//! What a network and a server do to a run in the middle of it: connections that break at the worst moment, and a
//! server that goes away and comes back.

mod checks;
mod proxy;
#[path = "../support/server.rs"]
mod server;
#[path = "../conformance/state.rs"]
#[allow(dead_code, reason = "these tests use a part of it")]
mod state;
#[path = "../support/statemend.rs"]
mod statemend;
#[path = "../support/mod.rs"]
mod support;

use std::thread::sleep;
use std::time::Duration;

use proxy::{Cut, Proxy};
use serde_json::Value;
use server::Server;
use state::{dump_all, fill_tasks};
use statemend::{Heard, Ran, command_piped, ran, signal, statemend};
use support::{Engine, TestDatabase, block_on};

const ROWS: usize = 1_500;

/// Small chunks, so that there are many commits, and a report that fits into a pipe.
const IN_SMALL_CHUNKS: [&str; 4] = ["--chunk-rows", "20", "--max-findings", "10"];

const SERVERS: [Engine; 2] = [Engine::Postgres, Engine::MySql];

#[test]
fn a_commit_whose_answer_never_comes_is_looked_up_in_the_journal() {
    through_a_proxy_that(Cut::After);
}

#[test]
fn a_commit_that_never_reaches_the_server_is_made_again() {
    through_a_proxy_that(Cut::Before);
}

#[test]
fn a_commit_that_reaches_the_server_after_the_connection_broke_is_waited_for() {
    through_a_proxy_that(Cut::BeforeALate);
}

#[test]
fn a_wish_to_stop_is_not_heard_before_it_is_known_what_became_of_a_commit() {
    for engine in SERVERS {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &vec!["bad"; ROWS]).await;
            let proxy = Proxy::in_front_of(database.url(), Cut::BeforeALate);
            let arguments = ["repair", "--yes", "--format", "json", "--url", proxy.url()];
            let repair = command_piped(&[&arguments[..], &IN_SMALL_CHUNKS].concat()).spawn().expect("it starts");
            while proxy.cuts() < 3 {
                sleep(Duration::from_millis(1));
            }
            signal("-INT", &repair);
            let stopped = ran(repair.wait_with_output().expect("it ends")).exits(130).json();
            assert_eq!(stopped["totals"]["rewritten"], database.journaled().await, "{engine:?}");
            let report = repair_again(&database).exits(0).json();
            assert_eq!(report["run_id"], stopped["run_id"], "it goes on with the same run");
            assert_complete(&database, &report).await;
        });
    }
}

/// Repairs and undoes while every few commits the connection breaks. Nothing may be done twice or be left out.
fn through_a_proxy_that(cut: Cut) {
    for engine in SERVERS {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &vec!["bad"; ROWS]).await;
            let before = dump_all(&database).await;

            let proxy = Proxy::in_front_of(database.url(), cut);
            let repair =
                [&["repair", "--yes", "--format", "json", "--url", proxy.url()], &IN_SMALL_CHUNKS[..]].concat();
            let report = statemend(&repair).exits(0).json();
            assert!(proxy.cuts() >= 5, "{engine:?}: the connection broke only {} times", proxy.cuts());
            assert_complete(&database, &report).await;

            let proxy = Proxy::in_front_of(database.url(), cut);
            let run = report["run_id"].as_str().expect("a run");
            let undo =
                [&["undo", run, "--yes", "--format", "json", "--url", proxy.url()], &IN_SMALL_CHUNKS[..]].concat();
            let report = statemend(&undo).exits(0).json();
            assert!(proxy.cuts() >= 5, "{engine:?}: the connection broke only {} times", proxy.cuts());
            assert_complete(&database, &report).await;
            assert!(dump_all(&database).await == before, "{engine:?}: every byte is back");
        });
    }
}

#[test]
fn a_scan_by_several_jobs_outlasts_connections_that_break() {
    for engine in SERVERS {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &vec!["bad"; ROWS]).await;
            let proxy = Proxy::in_front_of(database.url(), Cut::Before);
            // Each of the jobs reads fifty rows at once, so there are some thirty windows.
            let jobs = ["--jobs", "16", "--max-rows-per-second", "800", "--max-findings", "10", "--format", "json"];
            let scan = |url| statemend(&[&["scan", "--url", url], &jobs[..]].concat()).exits(10).json();
            let (disturbed, undisturbed) = (scan(proxy.url()), scan(database.url()));
            assert!(proxy.cuts() >= 3, "{engine:?}: the connection broke only {} times", proxy.cuts());
            assert_eq!(disturbed["totals"]["rows_scanned"], ROWS);
            for part in ["tables", "totals", "findings"] {
                assert_eq!(disturbed[part], undisturbed[part], "{engine:?}");
            }
        });
    }
}

/// Slow enough to be met in the middle, and told when it waits.
const SLOWLY: [&str; 7] = ["repair", "--yes", "--chunk-pause", "50ms", "--format", "json", "-vv"];

/// Waits until a run has lost its connection, and has found nobody at its new ones, either.
fn wait_in_vain(repair: &mut Heard) {
    for _ in 0..4 {
        repair.until("trying again: ");
    }
}

#[test]
fn a_server_that_restarts_in_the_middle_of_a_run_is_waited_for() {
    for (engine, kind) in [(Engine::Postgres, "postgres"), (Engine::MySql, "mariadb")] {
        // Durable, so that a crash loses nothing that was committed.
        let server = Server::start(&[kind, "--durable"]);
        for end in ["stop", "kill"] {
            block_on(async {
                let database = TestDatabase::fresh_on(engine, server.url()).await;
                fill_tasks(&database, &vec!["bad"; ROWS]).await;
                let slowly = [&SLOWLY[..], &["--url", database.url()]].concat();
                let mut repair = Heard::begin(&[&slowly[..], &IN_SMALL_CHUNKS].concat());
                while database.journaled().await == 0 {
                    sleep(Duration::from_millis(20));
                }
                server.tell(end);
                wait_in_vain(&mut repair);
                server.tell("start");
                let report = repair.end().exits(0).json();
                assert_complete(&database, &report).await;
            });
        }
    }
}

#[test]
fn a_server_that_is_gone_when_the_user_stops_leaves_a_run_that_goes_on_later() {
    let server = Server::start(&["postgres", "--durable"]);
    block_on(async {
        let database = TestDatabase::fresh_on(Engine::Postgres, server.url()).await;
        fill_tasks(&database, &vec!["bad"; ROWS]).await;
        let slowly = [&SLOWLY[..], &["--url", database.url()]].concat();
        let mut repair = Heard::begin(&[&slowly[..], &IN_SMALL_CHUNKS].concat());
        while database.journaled().await == 0 {
            sleep(Duration::from_millis(20));
        }
        server.tell("stop");
        wait_in_vain(&mut repair);
        signal("-INT", &repair.child);
        sleep(Duration::from_millis(500));
        server.tell("start");
        let stopped = repair.end().exits(130).json();
        assert_eq!(stopped["outcome"], "interrupted");
        let report = repair_again(&database).exits(0).json();
        assert_eq!(report["run_id"], stopped["run_id"], "it goes on with the same run");
        assert_complete(&database, &report).await;
    });
}

#[test]
fn a_process_that_is_stopped_inside_a_chunk_does_not_keep_its_locks() {
    for engine in SERVERS {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &vec!["bad"; ROWS]).await;
            let mut holder = database.connect().await;
            holder.execute("BEGIN").await;
            holder.execute("SELECT value FROM task_state_store WHERE id = 77 FOR UPDATE").await;
            let arguments = ["repair", "--yes", "--format", "json", "--url", database.url()];
            let repair = command_piped(&[&arguments[..], &IN_SMALL_CHUNKS].concat()).spawn().expect("it starts");
            while database.journaled().await < 60 {
                sleep(Duration::from_millis(10));
            }
            // The chunk up to row 80 waits for row 77. It gets the lock, and nobody is there to go on.
            sleep(Duration::from_millis(300));
            signal("-STOP", &repair);
            holder.execute("COMMIT").await;
            let mut other = database.connect().await;
            let wait = match engine {
                Engine::Postgres => "SET lock_timeout = '60s'",
                _ => "SET innodb_lock_wait_timeout = 60",
            };
            other.execute(wait).await;
            other.execute("BEGIN").await;
            other.execute("SELECT value FROM task_state_store WHERE id = 61 FOR UPDATE").await;
            other.execute("COMMIT").await;
            signal("-CONT", &repair);
            let report = ran(repair.wait_with_output().expect("it ends")).exits(0).json();
            assert_complete(&database, &report).await;
        });
    }
}

fn repair_again(database: &TestDatabase) -> Ran {
    statemend(&["repair", "--yes", "--format", "json", "--max-findings", "10", "--url", database.url()])
}

/// Every row was changed, and the journal knows of each change once, in order.
async fn assert_complete(database: &TestDatabase, report: &Value) {
    let run = report["run_id"].as_str().expect("a run");
    assert_eq!(report["totals"]["rewritten"], ROWS);
    let journal = database
        .rows(&format!("SELECT CONCAT(seq, ''), row_key FROM statemend_change WHERE run_id = '{run}' ORDER BY seq"))
        .await;
    let expected: Vec<_> = (1..=ROWS).map(|id| vec![Some(id.to_string()), Some(format!("{{\"id\":{id}}}"))]).collect();
    assert!(journal == expected, "the journal has every change once, in order: {} entries", journal.len());
}
