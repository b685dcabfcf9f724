//! PostgreSQL's hot standby and MariaDB's replica: good to scan, and no place to repair.

use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::server::Server;
use crate::state::{HEALTHY, KINDS, dump_all, fill_assets, fill_tasks};
use crate::statemend::{Heard, statemend};
use crate::support::{Engine, TestDatabase, block_on};
use crate::{Role, kind};

on_both_servers!(
    a_replica_tells_what_its_primary_tells,
    a_repair_of_a_replica_is_sent_to_the_primary,
    a_repair_waits_for_a_replica_that_is_behind,
);

/// A primary and its replica, with a database of every kind of value in it.
pub struct Pair {
    pub server: Server,
    pub primary: TestDatabase,
    pub replica: TestDatabase,
}

impl Pair {
    pub async fn of(engine: Engine) -> Self {
        let follower = if engine == Engine::Postgres { "--standby" } else { "--replica" };
        let server = Server::start(&[kind(engine), follower]);
        let primary = TestDatabase::fresh_on(engine, server.url()).await;
        let values: Vec<&str> = KINDS.iter().map(|(_, value, _)| *value).chain(HEALTHY.iter().copied()).collect();
        fill_tasks(&primary, &values).await;
        fill_assets(&primary, &[(1, "key", "bad"), (2, "key", "1")]).await;
        let replica = primary.at(server.replica_url());
        Self { server, primary, replica }
    }
}

async fn a_replica_tells_what_its_primary_tells(engine: Engine) {
    let Pair { server, primary, replica } = Pair::of(engine).await;
    let reader = Role::with("SELECT", &primary).await;
    server.tell("catch-up");
    let (on_primary, on_replica) = (reader.at(&primary), reader.at(&replica));
    for command in [&["scan"][..], &["repair", "--dry-run"]] {
        let told = findings(command, &on_replica);
        assert_eq!(told["findings"].as_array().map(Vec::len), Some(KINDS.len() + 1));
        assert_eq!(told, findings(command, &on_primary));
    }

    server.tell("pause-replay");
    primary.execute("UPDATE task_state_store SET value = 'bad' WHERE value = '1'").await;
    assert_ne!(findings(&["scan"], &on_replica), findings(&["scan"], &on_primary), "it is the replica that is asked");
    server.tell("resume-replay");
    server.tell("catch-up");
    assert_eq!(findings(&["scan"], &on_replica), findings(&["scan"], &on_primary));
}

/// What a report says about the rows.
fn findings(command: &[&str], url: &str) -> Value {
    let mut report =
        statemend(&[command, &["--url", url, "--format", "json", "--show-values"]].concat()).exits(10).json();
    let kept = ["mode", "tables", "findings", "findings_truncated", "totals", "outcome"];
    report.as_object_mut().expect("an object").retain(|name, _| kept.contains(&name.as_str()));
    report
}

async fn a_repair_of_a_replica_is_sent_to_the_primary(engine: Engine) {
    let Pair { server, primary, replica } = Pair::of(engine).await;
    let before = dump_all(&primary).await;
    // Not the superuser, whom MariaDB lets write on a replica.
    let writer = Role::with("ALL", &primary).await;
    server.tell("catch-up");
    let refused = statemend(&["repair", "--yes", "--url", &writer.at(&replica)]).exits(3);
    let refused = refused.says("read").says("hint: ").says("primary");
    assert!(!refused.stderr.contains("GRANT"), "no grant would help: {}", refused.stderr);
    assert!(!refused.stderr.contains(Role::PASSWORD), "{}", refused.stderr);
    assert_eq!(dump_all(&primary).await, before);
    assert_eq!(dump_all(&replica).await, before);
}

async fn a_repair_waits_for_a_replica_that_is_behind(engine: Engine) {
    const ROWS: usize = 3_000;
    let Pair { server, primary, replica } = Pair::of(engine).await;
    primary.execute("DELETE FROM task_state_store").await;
    fill_tasks(&primary, &vec!["bad"; ROWS]).await;
    server.tell("catch-up");
    let limits = ["--max-lag", "1s", "--chunk-rows", "10", "--chunk-pause", "20ms", "--max-findings", "10"];
    let mut repair = vec!["repair", "--yes", "-v", "--format", "json", "--url", primary.url()];
    repair.extend(limits);
    if engine == Engine::MySql {
        // PostgreSQL knows its standbys.
        statemend(&repair).exits(2).says("--replica");
        repair.extend(["--replica", replica.url()]);
    }
    let mut repair = Heard::begin(&repair);
    while primary.journaled().await == 0 {
        sleep(Duration::from_millis(10));
    }
    server.tell("pause-replay");
    repair.until("waiting: a replica is");
    let changed = primary.journaled().await;
    sleep(Duration::from_secs(2));
    assert_eq!(primary.journaled().await, changed, "nothing is changed while the replica is behind");
    assert!(changed < ROWS as u64, "the replica was watched too late to tell");
    server.tell("resume-replay");
    let report = repair.end().exits(0).json();
    assert_eq!(report["totals"]["rewritten"], ROWS + 1);
}

#[test]
fn a_role_that_may_not_see_the_standbys_learns_what_it_takes() {
    block_on(async {
        let Pair { server: _server, primary, .. } = Pair::of(Engine::Postgres).await;
        let writer = Role::with("ALL", &primary).await;
        primary.execute(&format!("GRANT CREATE ON SCHEMA public TO {}", writer.name)).await;
        let url = writer.at(&primary);
        statemend(&["repair", "--yes", "--max-lag", "1s", "--url", &url]).exits(3).says("pg_monitor");
    });
}
