//! The repair: the scan's fold, whose findings become changes, chunk by chunk.

use tokio::time::timeout;

use super::consent::Consent;
use super::events::{Event, Events, Flagged, Outcome};
use super::halt::Halt;
use super::jobs::{Jobs, Leg};
use super::lease::{self, Order, RunError, Who};
use super::pacing::HEARTBEAT;
use super::store::{Ledger, StoreError};
use super::stretch::Rest;
use super::window::{self, Spotted, Window};
use super::writer::Writer;
use super::{Ending, Work, scan};
use crate::domain::run::{RunMode, RunOptions};
use crate::domain::target::Target;

/// Mends every row whose action asks for it.
///
/// Goes on where an interrupted run with the same tables had stopped. Such a run ends where its tables ended when it
/// began, and it looks back at nothing, so rows that went bad since are mended by a run of their own, right behind it.
pub async fn repair<L: Ledger, E: Events>(
    ledger: &mut L,
    work: &Work<'_>,
    who: &Who,
    _consent: Consent,
    events: &mut E,
) -> Result<Ending, RunError> {
    let options = RunOptions { rules: work.rules_digest(), shard: work.shard, ..RunOptions::repair(work.targets) };
    let order = Order { mode: RunMode::Repair, options: &options, deeds: &work.rewrites(), who };
    let left = async |ledger: &mut L| something_to_mend(ledger, work).await;
    lease::sit_to_the_end(ledger, work, events, order, async |writer| all_tables(writer).await, left).await
}

/// How many rows a repair would rewrite, by a look at all of them.
async fn something_to_mend<L: Ledger>(ledger: &mut L, work: &Work<'_>) -> Result<(u64, Ending), StoreError> {
    struct Rewrites(u64);
    impl Events for Rewrites {
        fn event(&mut self, event: &Event<'_>) {
            if let Event::Flagged { row, .. } = event {
                self.0 += u64::from(row.outcome == Outcome::Rewritten);
            }
        }
    }
    let mut rewrites = Rewrites(0);
    let ending = scan::scan(ledger, work, &mut rewrites).await?;
    Ok((rewrites.0, ending))
}

async fn all_tables<L: Ledger, E: Events>(writer: &mut Writer<'_, L, E>) -> Result<(), Halt> {
    writer.work.recall(writer.ledger, writer.events).await?;
    for &target in writer.ahead() {
        table(writer, target).await?;
    }
    Ok(())
}

async fn table<L: Ledger, E: Events>(writer: &mut Writer<'_, L, E>, target: &'static Target) -> Result<(), Halt> {
    let rows = writer.insist(async |ledger| ledger.estimate(target).await).await?;
    writer.events.event(&Event::TableStarted { target, rows: writer.work.share_of(rows) });
    let Some(until) = writer.enter(target).await? else { return Ok(()) };
    let after = writer.progress.cursor.after.clone();
    let leg = Leg { target, after, until: until.clone(), since: None, blocks: None };
    let Some(leg) = leg.shared(writer.work.shard) else { return Ok(()) };
    let mut jobs = Jobs::start(writer.ledger, writer.work, [leg].into())?;
    let mut rest = Rest::new(target);
    let mut ended = false;
    while !ended {
        writer.work.go_on()?;
        let window = next_window(writer, &mut jobs).await?;
        ended = window.next.is_none();
        let told = identify_others(writer, target, &window).await?;
        rest.add(window, &until, told);
        while let Some(stretch) = rest.cut(writer.size.rows()) {
            writer.carry_out(stretch).await?;
        }
        writer.show_life().await?;
    }
    Ok(())
}

/// The next window of a table. Jobs read ahead while chunks are written; should they take long, the run shows that it
/// lives.
async fn next_window<L: Ledger, E: Events>(writer: &mut Writer<'_, L, E>, jobs: &mut Jobs) -> Result<Window, Halt> {
    loop {
        match timeout(HEARTBEAT, jobs.next(writer.events)).await {
            Ok(window) => return window?.ok_or(Halt::Stop),
            Err(_) => {
                writer.work.go_on()?;
                writer.show_life().await?;
            }
        }
    }
}

/// The rows of a window of which there is only something to say.
async fn identify_others<L: Ledger, E: Events>(
    writer: &mut Writer<'_, L, E>,
    target: &'static Target,
    window: &Window,
) -> Result<Vec<Flagged>, Halt> {
    let others: Vec<Spotted> = window.spotted.iter().filter(|row| !row.flag.is_mendable()).cloned().collect();
    let keys = window::unidentified(&others);
    let facts = writer.insist(async |ledger| ledger.identify(target, &keys).await).await?;
    Ok(window::identified(others, facts))
}
