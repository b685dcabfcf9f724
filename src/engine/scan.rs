//! The read-only fold: every row is judged, flagged rows become events, nothing is written or locked.

use std::collections::VecDeque;

use super::events::{Event, Events};
use super::halt::{self, Halt};
use super::jobs::{Jobs, Leg};
use super::patience::insist;
use super::store::{Source, StoreError};
use super::window::{self, Window};
use super::{Ending, Work};
use crate::domain::target::{Key, Target};

/// Scans all tables. A dry run is this scan too: its events already say what a repair would do.
pub async fn scan<S: Source>(source: &mut S, work: &Work<'_>, events: &mut impl Events) -> Result<Ending, StoreError> {
    halt::ending(all_tables(source, work, events).await)
}

async fn all_tables<S: Source>(source: &mut S, work: &Work<'_>, events: &mut impl Events) -> Result<(), Halt> {
    let (mut tables, mut legs) = (Vec::new(), VecDeque::new());
    for &target in work.targets {
        let rows = insist(source, work, events, async |source| source.estimate(target).await).await?;
        // Rows that are added from now on are not this scan's: without an upper bound it might never end.
        let until = insist(source, work, events, async |source| source.last_key(target).await).await?;
        tables.push((target, rows, until.is_none()));
        legs.extend(until.map(|until| Leg { target, after: None, until }));
    }
    let mut jobs = Jobs::start(source, work, legs)?;
    for (target, rows, mut ended) in tables {
        events.event(&Event::TableStarted { target, rows });
        while !ended {
            let window = jobs.next(events).await?.ok_or(Halt::Stop)?;
            ended = window.next.is_none();
            tell(source, target, window, work, events).await?;
        }
    }
    Ok(())
}

/// Tells of a window, once it is known whose its flagged rows are.
async fn tell<S: Source>(
    source: &mut S,
    target: &'static Target,
    window: Window,
    work: &Work<'_>,
    events: &mut impl Events,
) -> Result<(), Halt> {
    let keys: Vec<Key> = window.spotted.iter().map(|row| row.key.clone()).collect();
    let identities = insist(source, work, events, async |source| source.identify(target, &keys).await).await?;
    for row in window::identified(window.spotted, identities) {
        events.event(&Event::Flagged { target, row });
    }
    if work.census {
        events.event(&Event::Census { target, sightings: &window.sightings });
    }
    events.event(&Event::Scanned { target, rows: window.rows, bytes: window.bytes });
    Ok(())
}
