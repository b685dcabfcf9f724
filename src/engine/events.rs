//! What the engine tells the world while it works. Reports and progress bars are folds over these events.

use std::fmt;
use std::time::Duration;

use super::store::Facts;
use crate::domain::census::Sighting;
use crate::domain::check::{Looked, Novelty, Pass};
use crate::domain::finding::{Action, Finding};
use crate::domain::repair::Reason;
use crate::domain::rules::RuleRef;
use crate::domain::run::{RunId, Tally};
use crate::domain::target::{Identity, Key, Target};

/// One thing that happened.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, where it is told")]
pub enum Event<'a> {
    /// A run was entered in the journal, or taken up again where it had stopped.
    RunStarted { run: &'a RunId, resumed: bool },
    /// Work on a table begins. `rows` is how many are ahead, as far as the database can say cheaply.
    TableStarted { target: &'static Target, rows: Option<u64> },
    /// What the rows of a window hold, where a census is taken.
    Census { target: &'static Target, sightings: &'a [Sighting] },
    /// A window was read.
    Scanned { target: &'static Target, rows: u64, bytes: u64 },
    /// A row was flagged, or is not what an undo or a plan took it for. What was to be changed is committed by now.
    Flagged { target: &'static Target, row: Flagged },
    /// Lists that the `api` reader fails on were counted: all that a scan met, or a fair sample of them where they are
    /// many.
    Lists { target: &'static Target, counted: Counted },
    /// An undo went through so many of its run's changes and put some of them back, and this is committed.
    PutBack { target: &'static Target, changes: u64, rows: u64 },
    /// So many rows of an older table were carried, or would be, those among them that were mended on the way.
    Carried { target: &'static Target, rows: u64 },
    /// Earlier sittings of a resumed run did this much in a table.
    Earlier { target: &'static Target, tally: Tally },
    /// A check compares a table with what the last one said of it, if one did.
    Compared { target: &'static Target, last: Option<&'a Looked>, pass: Pass },
    /// So many rows that the last check flagged read well now, and so many are not there any more.
    Gone { target: &'static Target, readable: u64, deleted: u64 },
    /// The work pauses, and why.
    Waiting { reason: Wait },
}

/// What was counted of lists that the `api` reader fails on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub lists: u64,
    /// All rows of these lists.
    pub rows: u64,
    /// Those of them that the reader fails on.
    pub unreadable: u64,
}

/// What the work waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Another transaction holds a lock.
    Lock,
    /// Others write the rows between a look and the change.
    Race,
    /// The server, to be there again.
    Connection,
    /// The rest after a chunk that was asked for.
    Pause,
    /// No more rows a second were asked for.
    Rate,
    /// A replica that is so far behind.
    Lag(Duration),
    /// A replica that does not answer.
    Replica,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock => f.write_str("another transaction holds a lock"),
            Self::Race => f.write_str("others are writing the same rows"),
            Self::Connection => f.write_str("the connection broke and is made anew"),
            Self::Pause => f.write_str("resting after a chunk"),
            Self::Rate => f.write_str("no more rows a second are wanted"),
            Self::Lag(lag) => write!(f, "a replica is {} s behind", lag.as_secs()),
            Self::Replica => f.write_str("a replica does not say how far it is"),
        }
    }
}

/// A row that there is something to say about.
#[derive(Clone, Debug)]
pub struct Flagged {
    pub key: Key,
    /// Missing where the row was gone before it could be asked.
    pub facts: Option<Facts>,
    /// Missing where an undo or a plan meets a row that is gone, and where the row reads well.
    pub finding: Option<Finding>,
    /// The rule that took the row; missing where none was asked.
    pub rule: Option<RuleRef>,
    /// What the row is to the last check, where there is one to compare with.
    pub novelty: Option<Novelty>,
    /// The length of the value in bytes.
    pub bytes: u64,
    /// The digest of the value.
    pub sha256: [u8; 32],
    /// The digest of what the value becomes, where it becomes something.
    pub rewrite_sha256: Option<[u8; 32]>,
    pub action: Action,
    pub outcome: Outcome,
    /// The value itself, only where the user asked to see values.
    pub value: Option<String>,
    /// What the value becomes, only where the user asked to see values.
    pub rewrite: Option<String>,
}

impl Flagged {
    /// Whose the row is.
    pub fn identity(&self) -> Option<&Identity> {
        self.facts.as_ref().map(|facts| &facts.identity)
    }
}

/// What became of a flagged row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was looked at, and its action asks for nothing more.
    Reported,
    /// A repair rewrites it, or a carry mends it on the way; in a dry run or scan, would.
    Rewritten,
    /// It should be rewritten or carried and cannot be.
    Skipped(Reason),
    /// Someone else has changed it, and it is left.
    Drifted(Reason),
}

/// Whoever wants to know.
pub trait Events {
    /// Takes one event. Must be quick: the engine waits.
    fn event(&mut self, event: &Event<'_>);
}

/// Nobody wants to know.
impl Events for () {
    fn event(&mut self, _: &Event<'_>) {}
}

impl<A: Events, B: Events> Events for (A, B) {
    fn event(&mut self, event: &Event<'_>) {
        self.0.event(event);
        self.1.event(event);
    }
}

impl<E: Events, const N: usize> Events for [E; N] {
    fn event(&mut self, event: &Event<'_>) {
        self.iter_mut().for_each(|events| events.event(event));
    }
}

impl<E: Events + ?Sized> Events for &mut E {
    fn event(&mut self, event: &Event<'_>) {
        (**self).event(event);
    }
}

impl<E: Events> Events for Option<E> {
    fn event(&mut self, event: &Event<'_>) {
        if let Some(events) = self {
            events.event(event);
        }
    }
}
