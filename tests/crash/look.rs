//! All that a database holds of state rows and of the journal, at one moment.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Connection, Engine};

pub type Cells = Vec<Option<String>>;

/// The state tables, each with the columns of its key as the journal writes them: name and place.
pub const TABLES: [(&str, &[(&str, usize)]); 2] =
    [("task_state_store", &[("id", 0)]), ("asset_state_store", &[("asset_id", 0), ("key", 1)])];

/// The tables that a complete journal has.
pub const JOURNAL: [&str; 3] = ["statemend_change", "statemend_migration", "statemend_run"];

#[derive(Debug)]
pub struct Look {
    /// The rows of [`TABLES`], in the order of their keys.
    pub tables: Vec<Vec<Cells>>,
    /// The runs in the order in which they began.
    pub runs: Vec<Run>,
}

#[derive(Debug)]
pub struct Run {
    pub id: String,
    pub mode: String,
    pub state: String,
    /// Whether it holds the lease and has shown itself lately.
    pub is_alive: bool,
    pub host: String,
    pub started_at: String,
    pub progress: Value,
    pub undone_by: Option<String>,
    /// The journal's entries without the run's id, in their order.
    pub changes: Vec<Cells>,
}

impl Look {
    pub async fn at(connection: &mut Connection) -> Self {
        let mut tables = Vec::new();
        for (table, _) in TABLES {
            tables.push(connection.rows(&format!("SELECT * FROM {table} ORDER BY 1, 2")).await);
        }
        let runs = if has_journal(connection).await { runs(connection).await } else { Vec::new() };
        Self { tables, runs }
    }

    /// Looks at an SQLite database without touching it: whoever opens the file next rolls back what was left half
    /// done, and that must not be the test.
    pub async fn at_copy_of(file: &Path) -> Self {
        let directory = tempfile::tempdir().expect("make a directory for the copy");
        let copy = directory.path().join("copy.db");
        fs::copy(file, &copy).expect("copy the database");
        let journal = rollback_journal(file);
        if journal.exists() {
            fs::copy(journal, rollback_journal(&copy)).expect("copy the rollback journal");
        }
        Self::at(&mut Connection::open(Engine::Sqlite, &format!("sqlite:///{}", copy.display())).await).await
    }

    /// The only run that does this, if there is one.
    pub fn run(&self, mode: &str) -> Option<&Run> {
        let mut runs = self.runs.iter().filter(|run| run.mode == mode);
        let run = runs.next();
        assert!(runs.next().is_none(), "there is more than one {mode}: {:?}", self.runs);
        run
    }
}

impl Run {
    /// When it began, as messages write it.
    pub fn began(&self) -> String {
        format!("{}T{}Z", &self.started_at[..10], &self.started_at[11..19])
    }
}

/// A moment of the past by the server's clock, in the form of the journal's times.
pub fn ago(connection: &Connection, time: Duration) -> String {
    let seconds = time.as_secs();
    match connection {
        Connection::Sqlite(_) => format!("strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{seconds} seconds')"),
        Connection::Postgres(_) => format!("now() - interval '{seconds} seconds'"),
        Connection::MySql(_) => format!("UTC_TIMESTAMP(6) - INTERVAL {seconds} SECOND"),
    }
}

/// Where SQLite keeps what it takes to undo an open transaction.
pub fn rollback_journal(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-journal");
    PathBuf::from(name)
}

/// Which of the journal's tables are there, in the order of their names.
pub async fn journal_tables(connection: &mut Connection) -> Vec<String> {
    let find = match connection {
        Connection::Sqlite(_) => "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'statemend%'",
        Connection::Postgres(_) => "SELECT tablename::text FROM pg_tables WHERE tablename LIKE 'statemend%'",
        Connection::MySql(_) => {
            "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_name LIKE 'statemend%'"
        }
    };
    let mut names: Vec<String> = connection.rows(find).await.into_iter().flatten().flatten().collect();
    names.sort();
    names
}

pub async fn has_journal(connection: &mut Connection) -> bool {
    journal_tables(connection).await == JOURNAL
}

async fn runs(connection: &mut Connection) -> Vec<Run> {
    let recently = ago(connection, Duration::from_secs(1800));
    let lease = format!("CASE WHEN lease IS NOT NULL AND heartbeat_at > {recently} THEN 'alive' END");
    let columns = format!("run_id, mode, state, {lease}, host, started_at, progress, undone_by");
    let rows = connection.rows(&format!("SELECT {columns} FROM statemend_run ORDER BY started_at, run_id")).await;
    let mut runs: Vec<Run> = rows.into_iter().map(run).collect();
    let entries = "run_id, seq, table_name, row_key, kind, action, value_before, bytes_before, sha256_after";
    for mut entry in connection.rows(&format!("SELECT {entries} FROM statemend_change ORDER BY run_id, seq")).await {
        let id = entry.remove(0).expect("a run id");
        let run = runs.iter_mut().find(|run| run.id == id);
        run.unwrap_or_else(|| panic!("a change of an unknown run {id}")).changes.push(entry);
    }
    runs
}

fn run(row: Cells) -> Run {
    let [id, mode, state, lease, host, started_at, progress, undone_by] = row.try_into().expect("eight columns");
    let text = |cell: Option<String>| cell.expect("the column takes no null");
    Run {
        id: text(id),
        mode: text(mode),
        state: text(state),
        is_alive: lease.is_some(),
        host: text(host),
        started_at: text(started_at),
        progress: serde_json::from_str(&text(progress)).expect("progress is JSON"),
        undone_by,
        changes: Vec::new(),
    }
}
