//! The read-only fold: every row is judged, flagged rows become events, nothing is written or locked.

use super::events::{Event, Events};
use super::pacing::WindowSize;
use super::store::{Source, StoreError};
use super::{Ending, Work, window};
use crate::domain::target::Target;

/// Scans all tables. A dry run is this scan too: its events already say what a repair would do.
pub async fn scan<S: Source>(source: &mut S, work: &Work<'_>, events: &mut impl Events) -> Result<Ending, StoreError> {
    for &target in work.targets {
        if scan_table(source, target, work, events).await? == Ending::Interrupted {
            return Ok(Ending::Interrupted);
        }
    }
    Ok(Ending::Complete)
}

async fn scan_table<S: Source>(
    source: &mut S,
    target: &'static Target,
    work: &Work<'_>,
    events: &mut impl Events,
) -> Result<Ending, StoreError> {
    let rows = source.estimate(target).await?;
    events.event(&Event::TableStarted { target, rows });
    // Rows that are added from now on are not this scan's: without an upper bound it might never end.
    let Some(until) = source.last_key(target).await? else { return Ok(Ending::Complete) };
    let mut size = WindowSize::new();
    let mut after = None;
    loop {
        if work.stop.requested() {
            return Ok(Ending::Interrupted);
        }
        let window = window::read(source, target, after.as_ref(), &until, &mut size, work).await?;
        for row in window::identify(source, target, window.spotted).await? {
            events.event(&Event::Flagged { target, row });
        }
        events.event(&Event::Scanned { target, rows: window.rows, bytes: window.bytes });
        match window.next {
            Some(key) => after = Some(key),
            None => return Ok(Ending::Complete),
        }
    }
}
