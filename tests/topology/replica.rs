//! PostgreSQL's hot standby and MariaDB's replica: good to scan, and no place to repair.

use serde_json::Value;

use crate::server::Server;
use crate::state::{HEALTHY, KINDS, dump_all, fill_assets, fill_tasks};
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};
use crate::{Role, kind};

on_both_servers!(a_replica_tells_what_its_primary_tells, a_repair_of_a_replica_is_sent_to_the_primary);

/// A primary and its replica, with a database of every kind of value in it.
struct Pair {
    server: Server,
    primary: TestDatabase,
    replica: TestDatabase,
}

impl Pair {
    async fn of(engine: Engine) -> Self {
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
