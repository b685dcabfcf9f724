//! The order of work, once for every database: a scan is a fold over rows, a repair the same fold whose findings
//! become changes chunk by chunk, a reviewed plan, a carry and an undo other work for the same writer ([`writer`]).
//!
//! The engine owns the traits that stores ([`store`]) and reports ([`events`]) implement. It knows no SQL, no
//! terminal and no argument; it decides nothing about a value either, that is `domain`'s.

use crate::domain::judge::Judge;
use crate::domain::rules::Rules;
use crate::domain::shard::Shard;
use crate::domain::target::Target;

pub mod carry;
pub mod check;
pub mod consent;
pub mod events;
pub mod flag;
mod halt;
mod jobs;
pub mod lease;
mod lists;
pub mod made;
pub mod pacing;
pub mod patience;
pub mod plan;
pub mod purge;
pub mod repair;
pub mod scan;
pub mod stop;
pub mod store;
mod stretch;
pub mod undo;
mod window;
mod writer;

/// What to look at, and how.
#[derive(Clone, Copy, Debug)]
pub struct Work<'w> {
    /// The judge of Airflow's tables; [`Work::judge_of`] has those of others.
    pub judge: &'w Judge,
    /// What is done with which rows.
    pub rules: &'w Rules,
    /// The tables to work on, in order.
    pub targets: &'w [&'static Target],
    /// Which part of their rows, if not all.
    pub shard: Option<Shard>,
    /// Whether events carry values.
    pub show_values: bool,
    /// Whether a scan takes a census of all values.
    pub census: bool,
    pub pace: pacing::Pace,
    pub stop: &'w stop::Stop,
}

impl Work<'_> {
    /// The judge of a table's values.
    const fn judge_of(&self, target: &Target) -> Judge {
        self.judge.of(target.reader)
    }

    /// What has to be read of each row besides its key and value.
    fn besides(&self) -> store::Besides {
        if self.census || self.rules.needs_identity() || self.rules.needs_time() {
            store::Besides::Facts
        } else {
            store::Besides::Nothing
        }
    }

    /// Has the source look up what runs have made of strings, where a rule might take such a value for a string.
    async fn recall<S: store::Source>(
        &self,
        source: &mut S,
        events: &mut impl events::Events,
    ) -> Result<(), halt::Halt> {
        if self.rules.may_make_strings_of_json() { self.recall_all(source, events).await } else { Ok(()) }
    }

    /// Has the source look up what runs have made of strings.
    async fn recall_all<S: store::Source>(
        &self,
        source: &mut S,
        events: &mut impl events::Events,
    ) -> Result<(), halt::Halt> {
        patience::insist(source, self, events, async |source| source.recall(self.targets).await).await
    }

    /// How many of so many rows there are to look at, about.
    fn share_of(&self, rows: Option<u64>) -> Option<u64> {
        rows.map(|rows| rows / self.shard.map_or(1, |shard| u64::from(shard.count())))
    }

    /// What a run does that rewrites values.
    pub fn rewrites(&self) -> Vec<store::Deed> {
        self.targets.iter().copied().map(store::Deed::Rewrite).collect()
    }

    /// What names the rules where they are remembered; nothing for those that apply where nobody says otherwise.
    pub fn rules_digest(&self) -> Option<String> {
        (*self.rules != Rules::default()).then(|| hex::encode(flag::digest(self.rules.text().as_bytes())))
    }

    /// To be asked between two steps: whether there is to be another.
    fn go_on(&self) -> Result<(), halt::Halt> {
        if self.stop.requested() { Err(halt::Halt::Stop) } else { Ok(()) }
    }
}

/// How the work came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything was done.
    Complete,
    /// The user asked to stop; whole chunks are done and nothing is half done.
    Interrupted,
}
