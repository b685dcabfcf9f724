//! The read-only fold: every row is judged, flagged rows become events, nothing is written or locked.

use std::collections::VecDeque;

use super::events::{Event, Events};
use super::halt::{self, Halt};
use super::jobs::{Jobs, Leg};
use super::lists::Lists;
use super::patience::insist;
use super::store::{Besides, Source, StoreError};
use super::window::{self, Spotted, Window};
use super::{Ending, Work};
use crate::domain::target::Target;

/// So many flagged rows are asked about at once, of windows that have piled up.
const ASKED_AT_ONCE: usize = 4_096;

/// Scans all tables. A dry run is this scan too: its events already say what a repair would do.
pub async fn scan<S: Source>(source: &mut S, work: &Work<'_>, events: &mut impl Events) -> Result<Ending, StoreError> {
    halt::ending(all_tables(source, work, events).await)
}

async fn all_tables<S: Source>(source: &mut S, work: &Work<'_>, events: &mut impl Events) -> Result<(), Halt> {
    let mut scan = Scan::start(source, work, events, |_| None).await?;
    for &target in work.targets {
        let mut lists = Lists::default();
        scan.table(source, work, &mut (&mut *events, &mut lists)).await?;
        lists.count(source, target, work, events).await?;
    }
    Ok(())
}

/// A scan under way. Jobs read ahead of what it tells.
pub(super) struct Scan {
    jobs: Jobs,
    tables: VecDeque<Table>,
}

/// A table that is still to be told.
struct Table {
    target: &'static Target,
    /// How many rows are ahead, where that is known.
    rows: Option<u64>,
    is_empty: bool,
}

impl Scan {
    /// Starts to read the tables in their order: all rows, or those that were written since a moment.
    pub async fn start<S: Source>(
        source: &mut S,
        work: &Work<'_>,
        events: &mut impl Events,
        since: impl Fn(&Target) -> Option<i64>,
    ) -> Result<Self, Halt> {
        work.recall(source, events).await?;
        let (mut tables, mut legs) = (VecDeque::new(), VecDeque::new());
        for &target in work.targets {
            let rows = insist(source, work, events, async |source| source.estimate(target).await).await?;
            // Rows that are added from now on are not this scan's: without an upper bound it might never end.
            let until = insist(source, work, events, async |source| source.last_key(target).await).await?;
            let since = since(target);
            let leg =
                until.and_then(|until| Leg { target, after: None, until, since, blocks: None }.shared(work.shard));
            // Nobody knows how many of them were written since.
            let rows = work.share_of(rows).filter(|_| since.is_none());
            tables.push_back(Table { target, rows, is_empty: leg.is_none() });
            legs.extend(leg);
        }
        Ok(Self { jobs: Jobs::start(source, work, legs)?, tables })
    }

    /// Tells of the next table, if there is one.
    pub async fn table<S: Source>(
        &mut self,
        source: &mut S,
        work: &Work<'_>,
        events: &mut impl Events,
    ) -> Result<(), Halt> {
        let Some(Table { target, rows, is_empty: mut ended }) = self.tables.pop_front() else { return Ok(()) };
        events.event(&Event::TableStarted { target, rows });
        while !ended {
            let window = self.windows(work, events).await?;
            ended = window.next.is_none();
            let (rows, bytes) = (window.rows, window.bytes);
            tell(source, target, window.spotted, work, events).await?;
            if work.census {
                events.event(&Event::Census { target, sightings: &window.sightings });
            }
            events.event(&Event::Scanned { target, rows, bytes });
        }
        Ok(())
    }

    /// The next window. Where to ask whose the flagged rows are takes longer than to read them, windows have piled up, and
    /// one question serves them all.
    async fn windows(&mut self, work: &Work<'_>, events: &mut impl Events) -> Result<Window, Halt> {
        let mut window = self.jobs.next(events).await?.ok_or(Halt::Stop)?;
        while work.besides() == Besides::Nothing
            && window.next.is_some()
            && window.spotted.len() < ASKED_AT_ONCE
            && let Some(behind) = self.jobs.at_hand(events)
        {
            window.append(behind);
        }
        Ok(window)
    }
}

/// Finds out whose flagged rows are, and tells of them.
pub(super) async fn tell<S: Source>(
    source: &mut S,
    target: &'static Target,
    spotted: Vec<Spotted>,
    work: &Work<'_>,
    events: &mut impl Events,
) -> Result<(), Halt> {
    let keys = window::unidentified(&spotted);
    let facts = insist(source, work, events, async |source| source.identify(target, &keys).await).await?;
    for row in window::identified(spotted, facts) {
        events.event(&Event::Flagged { target, row });
    }
    Ok(())
}
