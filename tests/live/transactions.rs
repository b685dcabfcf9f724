use std::collections::HashMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::statemend::{command, ran};
use crate::support::{Connection, Engine, TestDatabase};

on_both_servers!(no_transaction_and_no_lock_of_a_repair_lasts_much_longer_than_a_second);

const ROWS: u64 = 1_000_000;

/// One row of ten is bad.
const BAD: u64 = ROWS / 10;

/// What "about a second" is on a busy machine.
const LONG: Duration = Duration::from_millis(2_500);

async fn no_transaction_and_no_lock_of_a_repair_lasts_much_longer_than_a_second(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    let begin = Instant::now();
    fill(&database).await;
    let filled = begin.elapsed();
    let mut watcher = Watcher::of(&database).await;
    let args = ["repair", "--yes", "--url", database.url(), "--format", "json", "--max-findings", "0"];
    let repair = command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut repair = repair.expect("the program starts");
    let begin = Instant::now();
    while repair.try_wait().expect("a process").is_none() {
        watcher.look().await;
        tokio::time::sleep(watcher.pause).await;
    }
    let report = ran(repair.wait_with_output().expect("the program ends")).exits(0).json();

    let Watcher { reading, writing, looks, .. } = watcher;
    eprintln!(
        "{engine:?}: filled in {filled:.1?}, repaired in {:.1?}; the longest transaction that only read {reading:.0?}, \
         the longest that locked {writing:.0?}, in {looks} looks",
        begin.elapsed()
    );
    assert_eq!(report["totals"]["rewritten"], BAD);
    assert!(looks > 20, "{looks} looks show nothing");
    assert!(!reading.is_zero() && !writing.is_zero(), "both kinds of transaction were seen");
    assert!(reading < LONG, "a transaction that only read lasted {reading:.1?}");
    assert!(writing < LONG, "a transaction that locked rows lasted {writing:.1?}");
}

/// Fills the task table on the server's side, every tenth value with a text that is not JSON.
async fn fill(database: &TestDatabase) {
    // Looking up a million times the one run that all rows refer to takes longer than all else.
    let (unchecked, key, numbers, finally) = match database.engine {
        Engine::Postgres => (
            "SET session_replication_role = replica",
            "\"key\"",
            format!("generate_series(1, {ROWS}) AS numbers (n)"),
            "; ANALYZE task_state_store",
        ),
        Engine::MySql => (
            "SET foreign_key_checks = 0, unique_checks = 0",
            "`key`",
            format!("(SELECT seq AS n FROM seq_1_to_{ROWS}) AS numbers"),
            "",
        ),
        Engine::Sqlite => unreachable!("SQLite has no server to ask"),
    };
    let fill = format!(
        "{unchecked}; \
         INSERT INTO task_state_store (id, dag_run_id, task_id, map_index, {key}, dag_id, run_id, value, updated_at) \
         SELECT n, 1, 'task', n, 'key', 'example', 'first', \
         CASE WHEN n % 10 = 0 THEN CONCAT('checkpoint of step ', n) ELSE CONCAT('{{\"checkpoint\": ', n, '}}') END, \
         '2026-05-04 03:02:01' FROM {numbers}{finally}"
    );
    database.execute(&fill).await;
}

/// Looks at the transactions of statemend, as the server sees them.
struct Watcher {
    connection: Connection,
    engine: Engine,
    pause: Duration,
    /// When each transaction that is there was first seen.
    seen: HashMap<String, Instant>,
    looks: u32,
    /// The longest transaction that only read.
    reading: Duration,
    /// The longest transaction that locked rows. Its locks were there for a part of that time.
    writing: Duration,
}

/// PostgreSQL keeps the time. Only a transaction that locks or writes a row has an id of its own.
const POSTGRES: &str = "SELECT pid::text, (backend_xid IS NOT NULL)::text, \
    (extract(epoch FROM clock_timestamp() - xact_start) * 1000000)::bigint::text \
    FROM pg_stat_activity \
    WHERE application_name = 'statemend' AND datname = current_database() AND xact_start IS NOT NULL";

/// MariaDB keeps whole seconds only, so the time since the first look tells. Only a transaction that locks or writes
/// has an id of its own; of the others each is one query, and that has an id.
const MARIADB: &str = "SELECT CONCAT(trx_id, '/', IF(trx_is_read_only, query_id, 0)), \
    IF(trx_is_read_only, 'false', 'true'), NULL \
    FROM information_schema.innodb_trx \
    JOIN information_schema.processlist ON id = trx_mysql_thread_id \
    WHERE db = DATABASE() AND id <> CONNECTION_ID()";

impl Watcher {
    async fn of(database: &TestDatabase) -> Self {
        let pause = match database.engine {
            Engine::Postgres | Engine::Sqlite => Duration::from_millis(10),
            // Whoever asks again within a tenth of a second is told the same again.
            Engine::MySql => Duration::from_millis(110),
        };
        Self {
            connection: database.connect().await,
            engine: database.engine,
            pause,
            seen: HashMap::new(),
            looks: 0,
            reading: Duration::ZERO,
            writing: Duration::ZERO,
        }
    }

    async fn look(&mut self) {
        let rows = self.connection.rows(if self.engine == Engine::Postgres { POSTGRES } else { MARIADB }).await;
        let now = Instant::now();
        let mut seen = HashMap::new();
        for row in rows {
            let [id, writes, micros]: [Option<String>; 3] = row.try_into().expect("three columns");
            let id = id.expect("an id");
            let first = self.seen.get(&id).copied().unwrap_or(now);
            let age = match micros.and_then(|micros| micros.parse().ok()) {
                Some(micros) => Duration::from_micros(micros),
                None => now - first + self.pause,
            };
            let longest = if writes.as_deref() == Some("true") { &mut self.writing } else { &mut self.reading };
            *longest = age.max(*longest);
            seen.insert(id, first);
        }
        self.seen = seen;
        self.looks += 1;
    }
}
