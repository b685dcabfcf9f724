//! The read-only fold: every row is judged, flagged rows become events, nothing is written or locked.

use std::time::Instant;

use super::events::{Event, Events, Wait};
use super::halt::{self, Halt};
use super::pacing::{RowRate, WindowSize};
use super::patience::{self, insist};
use super::store::{Source, StoreError};
use super::window::{self, Ahead, Spotted};
use super::{Ending, Work};
use crate::domain::target::{Key, Target};

/// Scans all tables. A dry run is this scan too: its events already say what a repair would do.
pub async fn scan<S: Source>(source: &mut S, work: &Work<'_>, events: &mut impl Events) -> Result<Ending, StoreError> {
    halt::ending(all_tables(source, work, events).await)
}

async fn all_tables<S: Source>(source: &mut S, work: &Work<'_>, events: &mut impl Events) -> Result<(), Halt> {
    let mut rate = RowRate::new(&work.pace);
    for &target in work.targets {
        table(source, target, None, work, events, &mut rate).await?;
    }
    Ok(())
}

/// Scans a table: all of it, or the rows that were written at a moment or later.
pub(super) async fn table<S: Source>(
    source: &mut S,
    target: &'static Target,
    since: Option<i64>,
    work: &Work<'_>,
    events: &mut impl Events,
    rate: &mut RowRate,
) -> Result<(), Halt> {
    let rows = match since {
        None => insist(source, work, events, async |source| source.estimate(target).await).await?,
        // Nobody knows how many those are.
        Some(_) => None,
    };
    events.event(&Event::TableStarted { target, rows });
    // Rows that are added from now on are not this scan's: without an upper bound it might never end.
    let until = insist(source, work, events, async |source| source.last_key(target).await).await?;
    let Some(until) = until else { return Ok(()) };
    let mut size = WindowSize::new(&work.pace);
    let mut after: Option<Key> = None;
    loop {
        work.go_on()?;
        let ahead = Ahead { after: after.as_ref(), until: &until, since };
        let read = async |source: &mut S| window::read(source, target, ahead, &mut size, work).await;
        let window = insist(source, work, events, read).await?;
        let (rows, bytes) = (window.rows, window.bytes);
        tell(source, target, window.spotted, work, events).await?;
        if work.census {
            events.event(&Event::Census { target, sightings: &window.sightings });
        }
        events.event(&Event::Scanned { target, rows, bytes });
        rest(rows, work, events, rate).await?;
        match window.next {
            Some(key) => after = Some(key),
            None => return Ok(()),
        }
    }
}

/// Finds out whose the flagged rows of a window are, and tells of them.
pub(super) async fn tell<S: Source>(
    source: &mut S,
    target: &'static Target,
    spotted: Vec<Spotted>,
    work: &Work<'_>,
    events: &mut impl Events,
) -> Result<(), Halt> {
    let keys: Vec<Key> = spotted.iter().map(|row| row.key.clone()).collect();
    let identities = insist(source, work, events, async |source| source.identify(target, &keys).await).await?;
    for row in window::identified(spotted, identities) {
        events.event(&Event::Flagged { target, row });
    }
    Ok(())
}

/// Rests as long as the rows that were read ask for.
pub(super) async fn rest(rows: u64, work: &Work<'_>, events: &mut impl Events, rate: &mut RowRate) -> Result<(), Halt> {
    let rest = rate.rest(rows, Instant::now());
    if rest.is_zero() { Ok(()) } else { patience::pause(work, events, Wait::Rate, rest).await }
}
