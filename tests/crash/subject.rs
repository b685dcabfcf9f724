//! The database that all this is done to.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::look::{self, Look};
use crate::older::{self, Generation, Task};
use crate::stage::Stage;
use crate::state::{HEALTHY, KINDS, fill_assets, fill_tasks};
use crate::statemend::statemend;
use crate::support::{Connection, Engine, TestDatabase};

/// What every process gets to its command: a report that fits the pipe, since nobody reads it before the end.
const ARGS: &[&str] = &["--yes", "--max-findings", "10", "--chunk-rows", "50"];

/// A database with rows of every kind, and a connection to watch it with.
pub struct Subject {
    pub engine: Engine,
    database: TestDatabase,
    connection: Connection,
}

/// What a repair and an undo do when nobody disturbs them.
pub struct Stages {
    pub repair: Stage,
    pub undo: Stage,
}

impl Subject {
    /// Makes the database, and tries on it what happens when nothing happens.
    pub async fn new(engine: Engine, tasks: usize, assets: usize) -> (Self, Stages) {
        let database = TestDatabase::fresh(engine).await;
        fill(&database, tasks, assets).await;
        let mut connection = database.connect().await;
        let start = Look::at(&mut connection).await;
        let took = timed(&arguments(database.url(), &["repair"]));
        let repaired = Look::at(&mut connection).await;
        let run = repaired.run("repair").expect("a run").id.clone();
        let repair = Stage::learn("repair", start, repaired, took);
        let before = Look::at(&mut connection).await;
        let took = timed(&arguments(database.url(), &["undo", &run]));
        let undo = Stage::learn("undo", before, Look::at(&mut connection).await, took);
        assert!(repair.is_reversed_by(&undo), "an undo gives back every byte");
        (Self { engine, database, connection }, Stages { repair, undo })
    }

    /// Makes a database whose state stands in the tables of a development build.
    pub async fn left_by(engine: Engine, generation: u8, tasks: usize, assets: usize) -> Self {
        let database = older::left_by(engine, &[generation, 4]).await;
        fill_older(&database, older::generation(generation), tasks, assets).await;
        let connection = database.connect().await;
        Self { engine, database, connection }
    }

    /// The command with the arguments that say where and how.
    pub fn arguments<'a>(&'a self, command: &[&'a str]) -> Vec<&'a str> {
        arguments(self.database.url(), command)
    }

    pub async fn another_connection(&self) -> Connection {
        self.database.connect().await
    }

    /// How many changes the journal holds.
    pub async fn changes(&mut self) -> usize {
        if !look::has_journal(&mut self.connection).await {
            return 0;
        }
        self.connection.rows("SELECT seq FROM statemend_change").await.len()
    }

    /// Makes the journal as though nobody had ever been here.
    pub async fn forget_journal(&mut self) {
        for table in look::JOURNAL {
            self.connection.execute(&format!("DROP TABLE IF EXISTS {table}")).await;
        }
    }

    /// Takes the free pages out of an SQLite file.
    pub async fn compact(&mut self) {
        self.connection.execute("VACUUM").await;
    }

    /// Looks at what a process left behind.
    pub async fn look(&mut self) -> Look {
        self.await_rollback().await;
        match self.engine {
            Engine::Sqlite => Look::at_copy_of(&self.file()).await,
            Engine::Postgres | Engine::MySql => Look::at(&mut self.connection).await,
        }
    }

    /// Looks at what a process left behind that did not come to its end: nothing half done, and its lease, which
    /// keeps everyone else out until it is stale.
    pub async fn look_after_death(&mut self, stage: &Stage, command: &[&str]) -> Look {
        let look = self.look().await;
        stage.check(&look);
        if let Some(holder) = look.runs.iter().find(|run| run.is_alive) {
            let refused = statemend(&self.arguments(command)).exits(12);
            refused.says(&holder.id).says(&format!(" on {}, ", holder.host)).says(&format!("since {}", holder.began()));
            self.expire_leases().await;
        }
        look
    }

    pub async fn expire_leases(&mut self) {
        expire_leases(&mut self.connection).await;
    }

    /// A server notices the death of a client only once it wants something of it, and rolls back then.
    async fn await_rollback(&mut self) {
        let sessions = match self.engine {
            Engine::Sqlite => return,
            Engine::Postgres => {
                "SELECT pid FROM pg_stat_activity \
                 WHERE datname = current_database() AND application_name = 'statemend'"
            }
            Engine::MySql => {
                "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
            }
        };
        let began = Instant::now();
        while !self.connection.rows(sessions).await.is_empty() {
            assert!(began.elapsed() < Duration::from_secs(30), "the server keeps the session of a dead process");
            sleep(Duration::from_millis(1));
        }
    }

    /// Whether some process is in a transaction that has written to the journal's list of changes, and so, on the
    /// way to do it or about to, to the tables.
    pub async fn is_inside_chunk(&mut self) -> bool {
        let find = match self.engine {
            Engine::Sqlite => return self.has_rollback_journal(),
            Engine::Postgres => {
                "SELECT pid FROM pg_stat_activity JOIN pg_locks USING (pid) \
                 WHERE datname = current_database() AND application_name = 'statemend' \
                 AND backend_xid IS NOT NULL \
                 AND relation = to_regclass('statemend_change') AND mode = 'RowExclusiveLock'"
            }
            Engine::MySql => {
                if !look::has_journal(&mut self.connection).await {
                    return false;
                }
                // The server's own list of transactions is up to date only for those who seldom ask. What has not
                // been committed can be read as well, and a chunk journals first and moves the cursor last.
                "SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED; \
                 SELECT run_id FROM statemend_run AS run WHERE lease IS NOT NULL \
                 AND (SELECT MAX(seq) FROM statemend_change AS entry WHERE entry.run_id = run.run_id) \
                     > CAST(JSON_EXTRACT(progress, '$.cursor.seq') AS SIGNED)"
            }
        };
        !self.connection.rows(find).await.is_empty()
    }

    /// Whether an SQLite file has a transaction open that has changed something.
    pub fn has_rollback_journal(&self) -> bool {
        std::fs::metadata(look::rollback_journal(&self.file())).is_ok_and(|journal| journal.len() > 0)
    }

    /// Whether an SQLite file itself may be half written. The journal's first byte says so, since it is written once
    /// the journal is safe on the disk.
    pub fn is_half_written(&self) -> bool {
        let journal = std::fs::File::open(look::rollback_journal(&self.file()));
        let mut first = [0];
        journal.and_then(|mut journal| std::io::Read::read_exact(&mut journal, &mut first)).is_ok() && first[0] != 0
    }

    /// Whether the journal's tables begin to appear.
    pub async fn is_making_journal(&mut self) -> bool {
        let find = match self.engine {
            Engine::Sqlite => return self.has_rollback_journal(),
            Engine::Postgres => {
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                 AND application_name = 'statemend' AND backend_xid IS NOT NULL"
            }
            Engine::MySql => return !look::journal_tables(&mut self.connection).await.is_empty(),
        };
        !self.connection.rows(find).await.is_empty()
    }

    /// Whether some of the journal is there, and not all.
    pub async fn has_half_a_journal(&mut self) -> bool {
        let tables = look::journal_tables(&mut self.connection).await;
        if tables != look::JOURNAL {
            return !tables.is_empty();
        }
        self.connection.rows("SELECT version FROM statemend_migration WHERE success").await.is_empty()
    }

    /// Where an SQLite database lives.
    pub fn file(&self) -> PathBuf {
        Path::new(self.database.url().trim_start_matches("sqlite:///")).to_owned()
    }
}

/// Lets nobody commit a chunk for as long as this connection lives. The last step of a chunk moves the cursor of its
/// run, and SQLite commits only when nobody reads.
pub async fn hold_commits(connection: &mut Connection) {
    let lock = if matches!(connection, Connection::Sqlite(_)) { "" } else { "FOR UPDATE" };
    connection.execute("BEGIN").await;
    connection.rows(&format!("SELECT run_id FROM statemend_run {lock}")).await;
}

/// Makes every lease one of a process that has not shown itself for an hour.
pub async fn expire_leases(connection: &mut Connection) {
    let long_ago = look::ago(connection, Duration::from_secs(3600));
    let expire = format!("UPDATE statemend_run SET heartbeat_at = {long_ago} WHERE lease IS NOT NULL");
    connection.execute(&expire).await;
}

/// The command with the arguments that say where and how.
pub fn arguments<'a>(url: &'a str, command: &[&'a str]) -> Vec<&'a str> {
    [command, ARGS, &["--url", url]].concat()
}

fn timed(arguments: &[&str]) -> Duration {
    let began = Instant::now();
    statemend(arguments).exits(0);
    began.elapsed()
}

/// Values of every kind, healthy ones among them.
fn values(count: usize) -> Vec<&'static str> {
    let kinds = KINDS.iter().map(|(_, value, _)| *value).chain(HEALTHY.iter().copied());
    kinds.cycle().take(count).collect()
}

/// Fills both tables of a generation.
async fn fill_older(database: &TestDatabase, generation: &Generation, tasks: usize, assets: usize) {
    let keys: Vec<String> = (0..tasks.max(assets)).map(|number| format!("key {number:05}")).collect();
    let rows = || keys.iter().map(String::as_str).zip(values(keys.len())).enumerate();
    let of_tasks: Vec<Task<'_>> =
        rows().take(tasks).map(|(number, (key, value))| ((number % 3) as u8 + 1, "load", -1, key, value)).collect();
    let of_assets: Vec<(u8, &str, &str)> =
        rows().take(assets).map(|(number, (key, value))| ((number % 3) as u8 + 1, key, value)).collect();
    older::fill_tasks(database, generation.tasks, &of_tasks).await;
    older::fill_assets(database, generation.assets, &of_assets).await;
}

/// Fills both tables with rows of every kind.
pub async fn fill(database: &TestDatabase, tasks: usize, assets: usize) {
    let values = values(tasks.max(assets));
    fill_tasks(database, &values[..tasks]).await;
    let keys: Vec<String> = (0..assets).map(|number| format!("key {number:05}")).collect();
    let asset = |(number, (key, value))| ((number % 3) as u8 + 1, key, value);
    let rows: Vec<(u8, &str, &str)> = keys.iter().map(String::as_str).zip(values).enumerate().map(asset).collect();
    fill_assets(database, &rows).await;
}
