//! PgBouncer in transaction mode, where every transaction may run on another connection, and whatever a session is
//! left with, someone else inherits.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use serde_json::json;

use crate::plain;
use crate::server::Server;
use crate::state::{dump_all, fill_assets, fill_tasks};
use crate::statemend::{Ran, command, ran, statemend};
use crate::support::{Engine, TestDatabase, block_on};

const ROWS: usize = 3_000;

/// A database with unreadable rows, and a pooler in front of it.
struct Pooled {
    pooler: Server,
    direct: TestDatabase,
    database: TestDatabase,
}

impl Pooled {
    async fn with_connections(connections: u8) -> Self {
        let server = plain(Engine::Postgres);
        let pooler = Server::start(&["pgbouncer", "--for", server.url(), "--pool", &connections.to_string()]);
        let direct = TestDatabase::fresh_on(Engine::Postgres, server.url()).await;
        fill_tasks(&direct, &vec!["bad"; ROWS]).await;
        fill_assets(&direct, &[(1, "key", "bad"), (2, "key", "1")]).await;
        let database = direct.at(pooler.url());
        Self { pooler, direct, database }
    }

    fn run(&self, args: &[&str]) -> Ran {
        statemend(&[args, &["--url", self.database.url(), "--format", "json"]].concat())
    }

    /// Puts back what a repair did.
    fn undo(&self, repaired: &Ran) {
        let report = repaired.json();
        let run = report["run_id"].as_str().expect("a run");
        assert_eq!(self.run(&["undo", run, "--yes"]).exits(0).json()["totals"]["rewritten"], ROWS + 1);
    }

    /// Notes on which connection each change is made, and makes it take its time.
    async fn slow_down(&self, seconds: f32) {
        let trigger = format!(
            "CREATE TABLE seen (backend integer);
             CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN
                     INSERT INTO public.seen VALUES (pg_backend_pid());
                     PERFORM pg_sleep({seconds});
                     RETURN NULL;
                 END $$;
             CREATE TRIGGER note AFTER UPDATE ON task_state_store EXECUTE FUNCTION note();"
        );
        self.direct.execute(&trigger).await;
    }

    /// On how many connections changes were made.
    async fn connections_used(&self) -> usize {
        self.direct.rows("SELECT DISTINCT backend FROM seen").await.len()
    }
}

/// Clients that keep all connections of a pool in use.
struct Crowd {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<u32>>,
}

impl Crowd {
    fn at(pooled: &Pooled) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |_| {
            let (stop, database) = (Arc::clone(&stop), pooled.direct.at(pooled.pooler.url()));
            std::thread::spawn(move || block_on(keep_asking(&database, &stop)))
        };
        Self { clients: (0..4).map(client).collect(), stop }
    }

    /// Stops asking. Each client must have been served, again and again.
    fn leave(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients.drain(..) {
            assert!(client.join().expect("the pool serves all its clients") > 10);
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients.drain(..) {
            // The test has failed already. Nobody should ask a pooler that is gone.
            client.join().ok();
        }
    }
}

async fn keep_asking(database: &TestDatabase, stop: &AtomicBool) -> u32 {
    let (mut connection, mut transactions) = (database.connect().await, 0);
    while !stop.load(Ordering::Relaxed) {
        connection.execute("BEGIN; SELECT pg_sleep(0.003); COMMIT").await;
        transactions += 1;
    }
    transactions
}

#[test]
fn everything_works_while_transactions_change_connections() {
    block_on(async {
        let pooled = Pooled::with_connections(2).await;
        pooled.slow_down(0.0).await;
        let before = dump_all(&pooled.direct).await;
        let crowd = Crowd::at(&pooled);

        pooled.run(&["scan"]).exits(10);
        let jobs = pooled.run(&["scan", "--jobs", "4"]).exits(10).json();
        assert_eq!(jobs["totals"]["rows_scanned"], ROWS + 2, "jobs take turns where the pool has fewer connections");
        pooled.run(&["repair", "--dry-run"]).exits(10);
        assert_eq!(pooled.run(&["runs"]).exits(0).json(), json!({"runs": []}));
        let repaired = pooled.run(&["repair", "--yes"]).exits(0);
        assert_eq!(repaired.json()["totals"]["rewritten"], ROWS + 1);
        assert_eq!(pooled.run(&["scan"]).exits(0).json()["totals"]["rows_scanned"], ROWS + 2);
        pooled.undo(&repaired);
        assert!(dump_all(&pooled.direct).await == before, "every byte is back");
        assert_eq!(pooled.run(&["runs"]).exits(0).json()["runs"][1]["state"], "undone");
        pooled.run(&["repair", "--yes"]).exits(0);
        pooled.run(&["runs", "--purge-older-than", "0s", "--yes"]).exits(0);

        crowd.leave();
        assert_eq!(pooled.connections_used().await, 2, "one run makes its changes on both connections");
    });
}

#[test]
fn two_repairs_at_once_are_kept_apart() {
    block_on(async {
        let pooled = Pooled::with_connections(2).await;
        pooled.slow_down(0.1).await;
        let before = dump_all(&pooled.direct).await;
        let crowd = Crowd::at(&pooled);

        let args = ["repair", "--yes", "--url", pooled.database.url(), "--format", "json", "--max-findings", "10"];
        let start = || command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut both = [start(), start()].map(|child| ran(child.wait_with_output().expect("it ends")));
        both.sort_by_key(|ran| ran.code);
        let [winner, loser] = &both;
        assert_eq!((winner.code, loser.code), (0, 12), "{}{}", winner.stderr, loser.stderr);
        assert!(loser.stderr.contains("another run is at work"), "{}", loser.stderr);

        crowd.leave();
        let changes = "SELECT count(*)::text, count(DISTINCT (table_name, row_key))::text FROM statemend_change";
        let once = (ROWS + 1).to_string();
        assert_eq!(pooled.direct.rows(changes).await, [[Some(once.clone()), Some(once)]]);
        pooled.undo(winner);
        assert!(dump_all(&pooled.direct).await == before, "every byte is back");
    });
}

#[test]
fn nothing_of_a_run_stays_in_the_session() {
    block_on(async {
        // Everybody meets everybody's leftovers on the only connection.
        let pooled = Pooled::with_connections(1).await;
        let before = session(&pooled.database).await;
        pooled.run(&["scan", "--jobs", "3"]).exits(10);
        assert_eq!(left(&before, &session(&pooled.database).await), [] as [&Left; 0], "after a scan");
        let repaired = pooled.run(&["repair", "--yes"]).exits(0);
        assert_eq!(left(&before, &session(&pooled.database).await), [] as [&Left; 0], "after the first repair");
        pooled.undo(&repaired);
        pooled.run(&["runs"]).exits(0);
        assert_eq!(left(&before, &session(&pooled.database).await), [] as [&Left; 0], "after an undo");
    });
}

type Left = Vec<Option<String>>;

/// What a client finds in the session that it gets, beginning with whose it is.
async fn session(database: &TestDatabase) -> Vec<Left> {
    let found = "SELECT 'backend', pg_backend_pid()::text
         UNION ALL SELECT name, setting FROM pg_settings
         UNION ALL SELECT 'prepared statement ' || name, statement FROM pg_prepared_statements
         UNION ALL SELECT 'cursor', name FROM pg_cursors WHERE name <> ''
         UNION ALL SELECT 'advisory lock', objid::text FROM pg_locks WHERE locktype = 'advisory'
         UNION ALL SELECT 'listens', pg_listening_channels()
         UNION ALL SELECT 'temporary schema', pg_my_temp_schema()::text";
    database.rows(found).await
}

fn left<'l>(before: &[Left], after: &'l [Left]) -> Vec<&'l Left> {
    after.iter().filter(|found| !before.contains(found)).collect()
}
