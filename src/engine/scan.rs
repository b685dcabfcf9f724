//! The read-only fold: every row is judged, flagged rows become events, nothing is written or locked.

use std::time::Instant;

use super::events::{Event, Events, Wait};
use super::halt::{self, Halt};
use super::pacing::{RowRate, WindowSize};
use super::patience::{self, insist};
use super::store::{Source, StoreError};
use super::{Ending, Work, window};
use crate::domain::target::{Key, Target};

/// Scans all tables. A dry run is this scan too: its events already say what a repair would do.
pub async fn scan<S: Source>(source: &mut S, work: &Work<'_>, events: &mut impl Events) -> Result<Ending, StoreError> {
    halt::ending(all_tables(source, work, events).await)
}

async fn all_tables<S: Source>(source: &mut S, work: &Work<'_>, events: &mut impl Events) -> Result<(), Halt> {
    work.recall(source, events).await?;
    let mut rate = RowRate::new(&work.pace);
    for &target in work.targets {
        table(source, target, work, events, &mut rate).await?;
    }
    Ok(())
}

async fn table<S: Source>(
    source: &mut S,
    target: &'static Target,
    work: &Work<'_>,
    events: &mut impl Events,
    rate: &mut RowRate,
) -> Result<(), Halt> {
    let rows = insist(source, work, events, async |source| source.estimate(target).await).await?;
    events.event(&Event::TableStarted { target, rows });
    // Rows that are added from now on are not this scan's: without an upper bound it might never end.
    let until = insist(source, work, events, async |source| source.last_key(target).await).await?;
    let Some(until) = until else { return Ok(()) };
    let mut size = WindowSize::new(&work.pace);
    let mut after: Option<Key> = None;
    loop {
        work.go_on()?;
        let read = async |source: &mut S| window::read(source, target, after.as_ref(), &until, &mut size, work).await;
        let window = insist(source, work, events, read).await?;
        let keys: Vec<Key> = window.spotted.iter().map(|row| row.key.clone()).collect();
        let identities = insist(source, work, events, async |source| source.identify(target, &keys).await).await?;
        for row in window::identified(window.spotted, identities) {
            events.event(&Event::Flagged { target, row });
        }
        if work.census {
            events.event(&Event::Census { target, sightings: &window.sightings });
        }
        events.event(&Event::Scanned { target, rows: window.rows, bytes: window.bytes });
        let rest = rate.rest(window.rows, Instant::now());
        if !rest.is_zero() {
            patience::pause(work, events, Wait::Rate, rest).await?;
        }
        match window.next {
            Some(key) => after = Some(key),
            None => return Ok(()),
        }
    }
}
