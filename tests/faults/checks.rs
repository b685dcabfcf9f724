//! Checks whose connections break: in the beginning, and while they read.

use serde_json::json;

use crate::proxy::{Cut, Proxy};
use crate::state::fill_tasks;
use crate::statemend::statemend;
use crate::support::{TestDatabase, block_on};
use crate::{ROWS, SERVERS};

#[test]
fn a_check_outlasts_connections_that_break() {
    for engine in SERVERS {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &vec!["bad"; ROWS]).await;
            // A server of MySQL is known by its address, so all checks go through the same proxy.
            let proxy = Proxy::in_front_of(database.url(), Cut::Before);
            let folder = tempfile::tempdir().expect("a folder");
            let state = folder.path().join("state.jsonl");
            let jobs = ["--jobs", "16", "--max-rows-per-second", "800", "--max-findings", "10", "--format", "json"];
            let check = ["check", "--fail-on", "new", "--url", proxy.url(), "--state", state.to_str().expect("text")];
            let check = |exit| {
                proxy.begin_anew();
                statemend(&[&check[..], &jobs].concat()).exits(exit).json()
            };

            let first = check(0);
            assert_eq!((&first["check"]["baseline"], &first["check"]["new"]), (&json!(ROWS), &json!(0)));
            database.execute("UPDATE task_state_store SET value = 'worse' WHERE id <= 100").await;
            database.execute("UPDATE task_state_store SET value = '1' WHERE id > 1000").await;
            database.execute("DELETE FROM task_state_store WHERE id > 1400").await;
            let next = check(10);
            assert!(proxy.cuts() >= 6, "{engine:?}: the connection broke only {} times", proxy.cuts());
            let counts = ["new", "changed", "still", "gone_readable", "gone_deleted", "baseline"];
            let counts = counts.map(|name| next["check"][name].as_u64().expect(name));
            assert_eq!(counts, [100, 100, 900, 400, 100, 0], "{engine:?}");
            assert_eq!(check(0)["check"]["still"], 1_000, "what it has seen is remembered");
        });
    }
}

#[test]
fn a_connection_that_breaks_in_the_beginning_makes_no_other_database_of_it() {
    for engine in SERVERS {
        block_on(async {
            let database = TestDatabase::fresh(engine).await;
            fill_tasks(&database, &["bad"]).await;
            let proxy = Proxy::in_front_of(database.url(), Cut::Before);
            let folder = tempfile::tempdir().expect("a folder");
            let state = folder.path().join("state.jsonl");
            let check = ["check", "--fail-on", "new", "--url", proxy.url(), "--state", state.to_str().expect("text")];
            statemend(&check).exits(0);
            for number in 1..=6 {
                proxy.cut_only(number);
                let ran = statemend(&check);
                assert!(matches!(ran.code, 0 | 3), "{engine:?}, commit {number}: {}", ran.stderr);
            }
            assert!(proxy.cuts() >= 4, "{engine:?}: the connection broke only {} times", proxy.cuts());
        });
    }
}
