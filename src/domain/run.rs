//! What the journal remembers of a run, in the form in which it is stored.
//!
//! Options, cursor and tally are stored as JSON text. The options carry a version, and nothing may hold a field that is not
//! known, so that a later release can change them and an earlier one refuses what it does not know.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::own::Declared;
use super::repair::Reason;
use super::shard::Shard;
use super::target::{Key, Target};

/// Names a run: the time it began and four letters against collisions, `20261122-144501-k3fq`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RunId(pub String);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunMode {
    Repair,
    Carry,
    Undo,
}

impl RunMode {
    /// The name that the journal and reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Repair => "repair",
            Self::Carry => "carry",
            Self::Undo => "undo",
        }
    }

    /// What a run does, and with which part of the rows, if not with all: `repair 2/4`.
    pub fn of(self, shard: Option<Shard>) -> String {
        shard.map_or_else(|| self.name().to_owned(), |shard| format!("{} {shard}", self.name()))
    }

    /// The mode with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Repair, Self::Carry, Self::Undo].into_iter().find(|mode| mode.name() == name)
    }
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Some process is at it, or was killed at it: the heartbeat tells.
    Running,
    /// Stopped between two chunks; the next run of the same mode goes on.
    Interrupted,
    /// Came to its end.
    Done,
    /// Its values have been put back.
    Undone,
}

impl RunState {
    const ALL: [Self; 4] = [Self::Running, Self::Interrupted, Self::Done, Self::Undone];

    /// The name that the journal and reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
            Self::Undone => "undone",
        }
    }

    /// The state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What decides about a run's result. A run goes on only with the options it began with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOptions {
    pub version: u32,
    /// The tables that the run works on, in order.
    pub tables: Vec<String>,
    /// Those of them that are the user's own, as they were declared: an undo must find them without the file that
    /// declared them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<Declared>,
    /// The run that an undo puts back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<RunId>,
    /// Whether an undo takes rows away that a carry has made, instead of putting values back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removes: bool,
    /// Which part of the rows of these tables it works on, if not on all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The digest of the reviewed plan that a repair carries out, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The digest of the rules, where they are not the usual ones, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
}

impl RunOptions {
    /// The version of the stored form.
    pub const VERSION: u32 = 1;

    /// The options of a repair of everything that needs it in some tables.
    pub fn repair(targets: &[&'static Target]) -> Self {
        let tables = targets.iter().map(|target| target.table.clone()).collect();
        let own = targets.iter().filter_map(|target| target.declared()).collect();
        let version = Self::VERSION;
        Self { version, tables, own, undoes: None, removes: false, shard: None, plan: None, rules: None }
    }

    /// The options of an undo of a run with these.
    #[must_use]
    pub fn undo(&self, run: RunId) -> Self {
        Self { undoes: Some(run), shard: None, plan: None, rules: None, ..self.clone() }
    }
}

/// Where a run is: everything up to here is done and committed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// The number of the last change in the journal.
    pub seq: i64,
    /// The table at work; those before it in the options are done.
    pub table: Option<String>,
    /// The last key of that table that is done.
    pub after: Option<Key>,
    /// The key at which the table ends for this run: the highest when it began.
    pub until: Option<Key>,
    /// The number of the last change of the undone run that is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_seq: Option<i64>,
    /// How many rows of the plan are done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<u64>,
}

/// What a run has done in one table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    pub rows_scanned: u64,
    pub bytes_scanned: u64,
    pub rewritten: u64,
    pub skipped: u64,
    pub drifted: u64,
    /// Rows that a carry has made in the released table. Those that it mended on the way are rewritten, too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub carried: u64,
    /// Of the rows skipped, those whose place was taken by another.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub already_there: u64,
    /// Of the rows skipped, those whose DAG run or asset is gone.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub orphans: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Tally {
    /// Adds what another part of the work has done.
    pub fn add(&mut self, other: Self) {
        self.rows_scanned += other.rows_scanned;
        self.bytes_scanned += other.bytes_scanned;
        self.rewritten += other.rewritten;
        self.skipped += other.skipped;
        self.drifted += other.drifted;
        self.carried += other.carried;
        self.already_there += other.already_there;
        self.orphans += other.orphans;
    }

    /// Counts a row that was skipped.
    pub const fn skip(&mut self, reason: Reason) {
        self.skipped += 1;
        self.already_there += reason.is_taken_name() as u64;
        self.orphans += matches!(reason, Reason::Orphan) as u64;
    }
}

/// The tallies of a run, by table.
pub type Tallies = BTreeMap<String, Tally>;

/// Everything that a committed chunk moves on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    pub cursor: Cursor,
    pub tallies: Tallies,
}

impl Progress {
    /// How many changes the journal holds of the run: they are numbered from 1 without a gap.
    pub const fn changes(&self) -> u64 {
        self.cursor.seq.unsigned_abs()
    }
}

/// A run as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: RunId,
    pub mode: RunMode,
    pub state: RunState,
    /// Whether a process has shown itself at it lately, by the server's clock.
    pub alive: bool,
    pub options: RunOptions,
    pub progress: Progress,
    pub tool_version: String,
    pub host: String,
    pub user: String,
    /// Times are RFC 3339, in UTC, by the server's clock.
    pub started_at: String,
    pub heartbeat_at: String,
    pub finished_at: Option<String>,
    /// When the old values of this run were dropped from the journal.
    pub purged_at: Option<String>,
    /// The run that put this one's values back.
    pub undone_by: Option<RunId>,
}

impl Run {
    /// Whether it has changed rows of a table.
    pub fn has_changed(&self, table: &str) -> bool {
        self.progress.tallies.get(table).is_some_and(|tally| tally.rewritten > 0)
    }

    /// Whether it made rows, so that an undo takes them away.
    pub fn makes_rows(&self) -> bool {
        self.mode == RunMode::Carry
    }
}
