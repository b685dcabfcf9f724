//! The runs that the journal knows: all of them, or one with its details; for programs, and in [`human`] for people.

use serde::Serialize;

use super::escape::sanitise_line;

use crate::domain::own::Declared;
use crate::domain::reader::Reader;
use crate::domain::run::{Run, RunMode, RunState, Tally};
use crate::domain::shard::Shard;

mod human;
mod shared;

pub use human::{write_details, write_list};
pub use shared::SharedReport;

/// The JSON form of `statemend runs`, newest run first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunsReport {
    /// All of them, or the one that was asked for.
    pub runs: Vec<RunReport>,
    /// Those of them that share the rows of the same tables, put together. Newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared: Vec<SharedReport>,
}

/// One run, as the JSON form shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunReport {
    /// Its name.
    pub run_id: String,
    /// What it does.
    pub mode: RunMode,
    /// The part of the rows that it works on, if not on all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// How far it has come.
    pub state: RunState,
    /// Whether a process has shown itself at it lately. A run that is `running` and not alive has been killed.
    pub alive: bool,
    /// RFC 3339, like every time here, by the server's clock.
    pub started_at: String,
    /// When a process last showed itself at it.
    pub heartbeat_at: String,
    /// Missing as long as it has not come to its end.
    pub finished_at: Option<String>,
    /// The run that an undo puts back.
    pub undoes: Option<String>,
    /// Whether the undo takes rows away that a carry has made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub removes: bool,
    /// The run that put this one's values back.
    pub undone_by: Option<String>,
    /// When the old values of the run were dropped from the journal; it cannot be undone since.
    pub purged_at: Option<String>,
    /// The release of statemend that began it.
    pub tool_version: String,
    /// The machine it began on.
    pub host: String,
    /// Who began it.
    pub user: String,
    /// In the order in which the run works on them.
    pub tables: Vec<RunTable>,
    /// The sums over all tables.
    pub totals: Tally,
}

/// What a run has done in one table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunTable {
    /// Its name.
    pub table: String,
    /// How it was declared, where it is a table of the user's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<RunTarget>,
    /// Stands beside the name, not below it.
    #[serde(flatten)]
    pub tally: Tally,
}

/// Which column of a table of the user's own a run works on, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunTarget {
    pub value: String,
    pub reader: Reader,
}

impl RunsReport {
    /// The runs, put in order. Those of one second stay in the order in which the journal gives them.
    pub fn new(runs: &[Run]) -> Self {
        let mut runs: Vec<&Run> = runs.iter().collect();
        runs.sort_by(|a, b| b.started_at.cmp(&a.started_at));
        let reports: Vec<_> = runs.iter().copied().map(RunReport::new).collect();
        Self { shared: SharedReport::all(&runs, &reports), runs: reports }
    }
}

impl RunsReport {
    /// The runs in the order of a list: those that share their work together, where the newest of them stands.
    fn together(&self) -> impl Iterator<Item = (Option<&SharedReport>, Vec<&RunReport>)> {
        let is_of = |shared: &&SharedReport, run: &RunReport| shared.runs.contains(&run.run_id);
        self.runs.iter().filter_map(move |run| match self.shared.iter().find(|shared| is_of(shared, run)) {
            Some(shared) if shared.runs.first() == Some(&run.run_id) => {
                Some((Some(shared), self.runs.iter().filter(|run| is_of(&shared, run)).collect()))
            }
            Some(_) => None,
            None => Some((None, vec![run])),
        })
    }
}

impl RunReport {
    /// What the journal knows of a run.
    pub fn new(run: &Run) -> Self {
        let mut totals = Tally::default();
        run.progress.tallies.values().for_each(|tally| totals.add(*tally));
        let target = |declared: &Declared| RunTarget { value: declared.value.clone(), reader: declared.reader };
        let declared = |table: &String| run.options.own.iter().find(|declared| declared.table == *table).map(target);
        let table = |table: &String| RunTable {
            table: table.clone(),
            target: declared(table),
            tally: run.progress.tallies.get(table).copied().unwrap_or_default(),
        };
        Self {
            run_id: run.id.to_string(),
            mode: run.mode,
            shard: run.options.shard,
            state: run.state,
            alive: run.alive,
            started_at: run.started_at.clone(),
            heartbeat_at: run.heartbeat_at.clone(),
            finished_at: run.finished_at.clone(),
            undoes: run.options.undoes.as_ref().map(ToString::to_string),
            removes: run.options.removes,
            undone_by: run.undone_by.as_ref().map(ToString::to_string),
            purged_at: run.purged_at.clone(),
            tool_version: run.tool_version.clone(),
            host: run.host.clone(),
            user: run.user.clone(),
            tables: run.options.tables.iter().map(table).collect(),
            totals,
        }
    }

    /// The state in a word. A process that was killed has left its run `running`, and what is purged cannot be undone.
    fn state_word(&self) -> &'static str {
        match self.state {
            RunState::Running if !self.alive => "killed",
            RunState::Done if self.purged_at.is_some() => "purged",
            state => state.name(),
        }
    }

    /// What the state means for whoever looks, as a fragment behind the mode.
    fn state_sentence(&self) -> String {
        const SAME_COMMAND: &str = "the same command goes on";
        match (self.state, &self.undone_by) {
            (RunState::Running, _) if self.alive => "is running".to_owned(),
            (RunState::Running, _) => format!("was killed; {SAME_COMMAND}"),
            (RunState::Interrupted, _) => format!("was interrupted; {SAME_COMMAND}"),
            (RunState::Done, _) => "is done".to_owned(),
            (RunState::Undone, Some(by)) => format!("was undone by run {by}"),
            (RunState::Undone, None) => "was undone".to_owned(),
        }
    }

    /// Who ran it, and where.
    fn who(&self, columns: usize) -> String {
        sanitise_line(&format!("{}@{}", self.user, self.host), columns)
    }

    /// How many rows it changed, made or put back.
    const fn changed(&self) -> u64 {
        match self.mode {
            RunMode::Carry => self.totals.carried,
            RunMode::Repair | RunMode::Undo => self.totals.rewritten,
        }
    }

    /// Whether it can be undone.
    fn can_be_undone(&self) -> bool {
        let ended = !matches!((self.state, self.alive), (RunState::Running, true) | (RunState::Undone, _));
        self.mode != RunMode::Undo && ended && self.purged_at.is_none() && self.changed() > 0
    }
}

/// How many rows were not changed that should have been.
const fn left(tally: Tally) -> u64 {
    tally.skipped + tally.drifted
}

#[cfg(test)]
mod tests;
