//! The check: a scan whose findings are compared with those of the last check.
//!
//! What the last check found is kept by a [`Memory`]; where and how is none of the engine's business. Every row that was
//! flagged then and was not met now is looked up by its key, so that a check can tell rows that read well again from
//! rows that are gone, and an incremental one, which does not read rows that nobody has written, misses none of them.

use std::time::Instant;

use super::events::{Event, Events, Flagged, Wait};
use super::halt::{self, Halt};
use super::lists::Lists;
use super::pacing::{Read, RowRate, WindowSize};
use super::patience::{self, insist};
use super::scan::Scan;
use super::store::{Source, StoreError};
use super::{Ending, Work, scan, window};
use crate::domain::check::{Looked, Novelty, Pass};
use crate::domain::target::{Key, Target};

/// How many rows are looked up at once, at most. Most of them are flagged again, and each that is takes some room.
const MOST_AT_ONCE: u32 = 2_048;

/// What the last check found, and what this one leaves to the next.
pub trait Memory {
    /// What the last check said of a table, if it looked at it, and which rows of it this one reads.
    fn before(&self, target: &Target) -> (Option<&Looked>, Pass);

    /// Compares a flagged row with what was found before, and keeps it for the next check.
    fn meet(&mut self, target: &'static Target, row: &Flagged) -> Novelty;

    /// The next rows of a table that were flagged before and have not been met in this check, as many as there are and at
    /// most so many. None where there are no more.
    ///
    /// # Errors
    /// The memory cannot be read any more.
    fn missed(&mut self, target: &'static Target, most: usize) -> Result<Vec<Key>, StoreError>;
}

/// Checks all tables.
pub async fn check<S: Source, M: Memory>(
    source: &mut S,
    work: &Work<'_>,
    memory: &mut M,
    events: &mut impl Events,
) -> Result<Ending, StoreError> {
    halt::ending(all_tables(source, work, Compared { memory, events, lists: Lists::default() }).await)
}

async fn all_tables<S: Source, M: Memory, E: Events>(
    source: &mut S,
    work: &Work<'_>,
    mut events: Compared<'_, M, E>,
) -> Result<(), Halt> {
    let passes: Vec<Pass> = work.targets.iter().map(|target| events.memory.before(target).1).collect();
    let since = |target: &Target| {
        let place = work.targets.iter().position(|other| other.table == target.table)?;
        passes[place].since().map(|moment| moment.0)
    };
    let mut scan = Scan::start(source, work, &mut events, since).await?;
    let mut rate = RowRate::new(&work.pace);
    for &target in work.targets {
        let (last, pass) = events.memory.before(target);
        events.events.event(&Event::Compared { target, last, pass });
        scan.table(source, work, &mut events).await?;
        look_again(source, target, pass, work, &mut events, &mut rate).await?;
        let lists = std::mem::take(&mut events.lists);
        lists.count(source, target, work, &mut events).await?;
    }
    Ok(())
}

/// Looks up the rows that were flagged before and have not been met. Those that are flagged still are told like all
/// others; the rest is gone, one way or the other.
async fn look_again<S: Source, M: Memory, E: Events>(
    source: &mut S,
    target: &'static Target,
    pass: Pass,
    work: &Work<'_>,
    events: &mut Compared<'_, M, E>,
    rate: &mut RowRate,
) -> Result<(), Halt> {
    let mut size = WindowSize::new(&work.pace);
    let (mut readable, mut deleted) = (0, 0);
    loop {
        work.go_on()?;
        let keys = events.memory.missed(target, size.rows().min(MOST_AT_ONCE) as usize)?;
        if keys.is_empty() {
            break;
        }
        let look_up = async |source: &mut S| window::look_up(source, target, &keys, work).await;
        let window = insist(source, work, events, look_up).await?;
        // Rows that are gone were looked for as well.
        size.learn(Read { rows: keys.len() as u64, ..window.read() });
        let (rows, bytes) = (window.rows, window.bytes);
        readable += rows - window.spotted.len() as u64;
        deleted += keys.len() as u64 - rows;
        scan::tell(source, target, window.spotted, work, events).await?;
        // A full pass has read and counted them already.
        if pass.since().is_some() {
            events.event(&Event::Scanned { target, rows, bytes });
        }
        let rest = rate.rest(rows, Instant::now());
        if !rest.is_zero() {
            patience::pause(work, events, Wait::Rate, rest).await?;
        }
    }
    events.event(&Event::Gone { target, readable, deleted });
    Ok(())
}

/// Tells of flagged rows what they are to the last check, and collects the lists that they break.
struct Compared<'c, M, E> {
    memory: &'c mut M,
    events: &'c mut E,
    lists: Lists,
}

impl<M: Memory, E: Events> Events for Compared<'_, M, E> {
    fn event(&mut self, event: &Event<'_>) {
        self.lists.event(event);
        match event {
            Event::Flagged { target, row } => {
                let novelty = Some(self.memory.meet(target, row));
                self.events.event(&Event::Flagged { target, row: Flagged { novelty, ..row.clone() } });
            }
            other => self.events.event(other),
        }
    }
}
