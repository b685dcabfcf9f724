//! Runs that have shared the rows of the same tables, put together: how far all of them are.

use std::collections::BTreeMap;

use serde::Serialize;

use super::RunReport;
use crate::domain::run::{Run, RunMode, RunOptions, Tally};
use crate::domain::shard::Shard;

/// What is said of a shard that nobody has begun with.
const MISSING: &str = "missing";

/// Runs that share the work, as the JSON form shows them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SharedReport {
    /// What they do.
    pub mode: RunMode,
    /// Among how many the rows are dealt out.
    pub shards: u32,
    /// Their names, newest first. A shard may have had several runs.
    pub runs: Vec<String>,
    /// How many shards are in which state, by their newest runs: besides those of a run there are `killed` and `missing`.
    pub states: BTreeMap<&'static str, u32>,
    /// The sums over all runs.
    pub totals: Tally,
}

impl SharedReport {
    /// Puts runs together that come newest first, as these reports of them do.
    pub fn all(runs: &[&Run], reports: &[RunReport]) -> Vec<Self> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (place, run) in runs.iter().enumerate().rev() {
            let Some(shard) = run.options.shard else { continue };
            let group = groups.iter_mut().rev().find(|group| is_like(runs[group[0]], run));
            match group.filter(|group| !is_over(group.iter().map(|&place| runs[place]), shard, run)) {
                Some(group) => group.push(place),
                None => groups.push(vec![place]),
            }
        }
        groups.sort_by_key(|group| group.last().copied());
        groups.iter().map(|group| Self::new(group, runs, reports)).collect()
    }

    /// A group, of which the newest run comes last.
    fn new(group: &[usize], runs: &[&Run], reports: &[RunReport]) -> Self {
        let shards = runs[group[0]].options.shard.map_or(1, Shard::count);
        let (mut newest, mut totals) = (BTreeMap::new(), Tally::default());
        for &place in group {
            newest.insert(runs[place].options.shard.map(Shard::index), reports[place].state_word());
            totals.add(reports[place].totals);
        }
        let mut states = BTreeMap::new();
        newest.values().for_each(|state| *states.entry(*state).or_default() += 1);
        let missing = shards - newest.len() as u32;
        states.extend((missing > 0).then_some((MISSING, missing)));
        let runs = group.iter().rev().map(|&place| reports[place].run_id.clone()).collect();
        Self { mode: reports[group[0]].mode, shards, runs, states, totals }
    }

    /// How far they are: `3 done, 1 running`.
    pub fn state(&self) -> String {
        let states = self.states.iter().map(|(state, shards)| format!("{shards} {state}"));
        states.collect::<Vec<_>>().join(", ")
    }

    /// How many rows they changed.
    pub const fn changed(&self) -> u64 {
        self.totals.rewritten
    }
}

/// Whether two runs are about the same work.
fn is_like(one: &Run, other: &Run) -> bool {
    let whole = |run: &Run| RunOptions { shard: None, ..run.options.clone() };
    let count = |run: &Run| run.options.shard.map(Shard::count);
    one.mode == other.mode && count(one) == count(other) && whole(one) == whole(other)
}

/// Whether every shard of a group had come to its end before a run began, which then begins the work anew.
fn is_over<'r>(group: impl Iterator<Item = &'r Run>, shard: Shard, run: &Run) -> bool {
    let mut ended = BTreeMap::new();
    for member in group {
        let end = member.finished_at.as_ref().filter(|_| !member.alive);
        ended.insert(member.options.shard, end.is_some_and(|end| *end <= run.started_at));
    }
    ended.len() as u32 == shard.count() && ended.values().all(|&ended| ended)
}
