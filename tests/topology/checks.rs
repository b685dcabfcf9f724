//! Checks of a server that cannot be written to, and of one that throws the reader out.

use std::fs;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::state::fill_tasks;
use crate::statemend::{Ran, command_piped, ran, signal, statemend};
use crate::support::{Engine, TestDatabase};
use crate::{Role, plain, replica::Pair};

on_both_servers!(
    a_replica_is_checked_like_any_database,
    a_check_whose_table_goes_away_is_not_remembered,
    a_check_that_is_thrown_out_waits_and_is_not_remembered_when_it_is_stopped,
);

/// Where a check leaves its files.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // One of their own, so that a new state is the only file that grows beside the state.
        fs::create_dir(folder.path().join("metrics")).expect("a folder");
        Self(folder)
    }

    fn check(&self, url: &str, more: &[&str]) -> Vec<String> {
        let [state, metrics] = ["state.jsonl", "metrics/check.prom"].map(|name| self.0.path().join(name));
        let [state, metrics] = [&state, &metrics].map(|path| path.to_str().expect("a path that is text"));
        let check = ["check", "--state", state, "--metrics-file", metrics, "--format", "json", "--url", url];
        check.iter().chain(more).map(|&argument| argument.to_owned()).collect()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).expect("a file")
    }

    fn names(&self) -> Vec<String> {
        let files = fs::read_dir(self.0.path()).expect("a folder");
        let mut names: Vec<_> =
            files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect();
        names.sort_unstable();
        names
    }
}

fn arguments(owned: &[String]) -> Vec<&str> {
    owned.iter().map(String::as_str).collect()
}

/// New, still there, gone and reads well, baseline.
fn compared(report: &Value) -> [u64; 4] {
    ["new", "still", "gone_readable", "baseline"].map(|name| report["check"][name].as_u64().expect(name))
}

async fn a_replica_is_checked_like_any_database(engine: Engine) {
    let Pair { server, primary, replica } = Pair::of(engine).await;
    let reader = Role::with("SELECT", &primary).await;
    server.tell("catch-up");
    let (files, url) = (Files::new(), reader.at(&replica));
    let check = |more: &[&str], exit| statemend(&arguments(&files.check(&url, more))).exits(exit).json();

    let first = check(&["--fail-on", "new"], 0);
    let found = first["totals"]["flagged"].as_u64().expect("a count");
    assert_eq!(compared(&first), [0, 0, 0, found]);
    primary.execute("UPDATE task_state_store SET value = 'gone wrong' WHERE value = '1'").await;
    primary.execute("UPDATE asset_state_store SET value = '1' WHERE asset_id = 1").await;
    server.tell("catch-up");
    assert_eq!(compared(&check(&["--fail-on", "new"], 10)), [1, found - 1, 1, 0]);
    assert_eq!(compared(&check(&["--fail-on", "new", "--incremental"], 0)), [0, found, 0, 0]);
    assert!(files.read("metrics/check.prom").contains("statemend_check_success{"));
    assert_eq!(files.names(), ["metrics", "state.jsonl", "state.jsonl.lock"]);
}

/// What every check here is to be like.
const USUAL: [&str; 4] = ["--fail-on", "new", "--max-findings", "10"];

/// A check that takes its time, behind one that found all rows as they are but ten.
struct Slow {
    database: TestDatabase,
    reader: Role,
    files: Files,
    before: String,
    check: Child,
}

impl Slow {
    async fn begin(engine: Engine) -> Self {
        let database = TestDatabase::fresh_on(engine, plain(engine).url()).await;
        fill_tasks(&database, &vec!["bad"; 1_500]).await;
        let reader = Role::with("SELECT", &database).await;
        let files = Files::new();
        statemend(&arguments(&files.check(&reader.at(&database), &USUAL))).exits(0);
        let before = files.read("state.jsonl");
        database.execute("UPDATE task_state_store SET value = 'worse' WHERE id <= 10").await;
        let slowly = [&USUAL[..], &["--max-rows-per-second", "300"]].concat();
        let check = files.check(&reader.at(&database), &slowly);
        let check = command_piped(&arguments(&check)).spawn().expect("it starts");
        while !files.names().iter().any(|name| name.starts_with(".tmp")) {
            sleep(Duration::from_millis(5));
        }
        // Connections that do not come about in the beginning are not waited for.
        sleep(Duration::from_millis(500));
        Self { database, reader, files, before, check }
    }

    /// Waits until it has failed, which nothing may remember. The next check finds what it should have found.
    async fn fails(self, exit: i32, mend: impl AsyncFnOnce(&Role, &TestDatabase)) -> Ran {
        let Self { database, reader, files, before, check } = self;
        let failed = ran(check.wait_with_output().expect("it ends")).exits(exit);
        assert!(!failed.stderr.contains(Role::PASSWORD), "{}", failed.stderr);
        assert_eq!(files.read("state.jsonl"), before, "the state is that of the last check");
        assert_eq!(files.names(), ["metrics", "state.jsonl", "state.jsonl.lock"], "nothing is left over");
        let metrics = files.read("metrics/check.prom");
        assert!(metrics.lines().any(|line| line.starts_with("statemend_check_success{") && line.ends_with(" 0")));
        mend(&reader, &database).await;
        let next = statemend(&arguments(&files.check(&reader.at(&database), &USUAL))).exits(10).json();
        assert_eq!((&next["check"]["new"], &next["check"]["still"]), (&json!(10), &json!(1_490)));
        failed
    }
}

async fn a_check_whose_table_goes_away_is_not_remembered(engine: Engine) {
    let slow = Slow::begin(engine).await;
    slow.database.execute("ALTER TABLE task_state_store RENAME TO elsewhere").await;
    let back = async |_: &Role, database: &TestDatabase| {
        database.execute("ALTER TABLE elsewhere RENAME TO task_state_store").await;
    };
    slow.fails(3, back).await.says("error: rows of task_state_store could not be read");
}

async fn a_check_that_is_thrown_out_waits_and_is_not_remembered_when_it_is_stopped(engine: Engine) {
    let slow = Slow::begin(engine).await;
    slow.reader.lock_out(&slow.database).await;
    sleep(Duration::from_millis(500));
    signal("-INT", &slow.check);
    let stopped = slow.fails(130, async |reader, database| reader.let_in(database).await).await;
    assert_eq!(stopped.json()["outcome"], "interrupted");
}
