//! The carry: rows of older tables are copied into the released ones, mended on the way as a repair would mend them.
//!
//! What becomes of a row is decided in one place ([`load`]), by the row as it is, what else stands under its name, and
//! whether its owner exists. [`plan`] shows what would be done, [`carry`] does it.

use std::time::Instant;

use super::consent::Consent;
use super::events::{Event, Events, Wait};
use super::halt::{self, Halt};
use super::lease::{self, Order, RunError, Who};
use super::pacing::RowRate;
use super::patience::{self, insist};
use super::store::{Besides, Deed, Ledger, Older, Span, StoreError};
use super::writer::{Done, Piece as _, Verdict, Writer, Writing};
use super::{Ending, Work};
use crate::domain::carry::Route;
use crate::domain::run::{RunMode, RunOptions};
use crate::domain::target::Key;

mod load;

use load::Load;

/// How many rows are looked at together where nothing is changed.
const ROWS_OF_A_LOOK: u32 = 1_000;

/// Tells what a carry would do. The tables of the work are those that the routes lead out of.
pub async fn plan<S: Older>(
    source: &mut S,
    work: &Work<'_>,
    routes: &[&'static Route],
    events: &mut impl Events,
) -> Result<Ending, StoreError> {
    let mut rate = RowRate::new(&work.pace);
    let all = async {
        work.recall_all(source, events).await?;
        for route in routes {
            look_through(source, work, route, events, &mut rate).await?;
        }
        Ok(())
    };
    halt::ending(all.await)
}

/// Carries every row that can be carried, out of the tables of the work, which are those that the routes lead out of.
/// Rows that cannot are told and left. The older tables stay as they are.
pub async fn carry<L: Ledger + Older, E: Events>(
    ledger: &mut L,
    work: &Work<'_>,
    routes: &[&'static Route],
    who: &Who,
    _consent: Consent,
    events: &mut E,
) -> Result<Ending, RunError> {
    let options = RunOptions { rules: work.rules_digest(), ..RunOptions::repair(work.targets) };
    let deeds: Vec<Deed> = routes.iter().copied().map(Deed::Carry).collect();
    let order = Order { mode: RunMode::Carry, options: &options, deeds: &deeds, who };
    let body = async |writer: &mut Writer<'_, L, E>| all_tables(writer, routes).await;
    let left = async |ledger: &mut L| something_to_carry(ledger, work, routes).await;
    lease::sit_to_the_end(ledger, work, events, order, body, left).await
}

/// How many rows a carry would carry, by a look at all of them.
async fn something_to_carry<S: Older>(
    source: &mut S,
    work: &Work<'_>,
    routes: &[&'static Route],
) -> Result<(u64, Ending), StoreError> {
    struct Carried(u64);
    impl Events for Carried {
        fn event(&mut self, event: &Event<'_>) {
            if let Event::Carried { rows, .. } = event {
                self.0 += rows;
            }
        }
    }
    let mut carried = Carried(0);
    let ending = plan(source, work, routes, &mut carried).await?;
    Ok((carried.0, ending))
}

async fn look_through<S: Older>(
    source: &mut S,
    work: &Work<'_>,
    route: &'static Route,
    events: &mut impl Events,
    rate: &mut RowRate,
) -> Result<(), Halt> {
    let target = route.from;
    let rows = insist(source, work, events, async |source| source.estimate(target).await).await?;
    events.event(&Event::TableStarted { target, rows });
    let until = insist(source, work, events, async |source| source.last_key(target).await).await?;
    let Some(until) = until else { return Ok(()) };
    let made = source.made();
    let writing = Writing { work, made: &made, capacity: source.capacity() };
    let mut after: Option<Key> = None;
    loop {
        work.go_on()?;
        let span = span(after.as_ref(), &until, work.pace.at_once(ROWS_OF_A_LOOK));
        let rows = insist(source, work, events, async |source| source.lengths(target, span).await).await?;
        let Some(load) = Load::of(route, rows) else { return Ok(()) };
        let keys = load.keys();
        let rows = insist(source, work, events, async |source| source.candidates(route, &keys).await).await?;
        let (edits, told) = Verdict::sorted(load.decide(rows, &writing));
        load.tell(Done { changed: edits.len() as u64, told }, events);
        let rest = rate.rest(keys.len() as u64, Instant::now());
        if !rest.is_zero() {
            patience::pause(work, events, Wait::Rate, rest).await?;
        }
        after = keys.into_iter().next_back();
    }
}

async fn all_tables<L: Ledger + Older, E: Events>(
    writer: &mut Writer<'_, L, E>,
    routes: &[&'static Route],
) -> Result<(), Halt> {
    // A copy of what a run has made is told from other copies, whatever the rules.
    writer.work.recall_all(writer.ledger, writer.events).await?;
    for target in writer.ahead() {
        for route in routes.iter().filter(|route| route.from.table == target.table) {
            table(writer, route).await?;
        }
    }
    Ok(())
}

async fn table<L: Ledger + Older, E: Events>(writer: &mut Writer<'_, L, E>, route: &'static Route) -> Result<(), Halt> {
    let target = route.from;
    let rows = writer.insist(async |ledger| ledger.estimate(target).await).await?;
    writer.events.event(&Event::TableStarted { target, rows });
    let Some(until) = writer.enter(target).await? else { return Ok(()) };
    loop {
        writer.work.go_on()?;
        let after = writer.progress.cursor.after.clone();
        let span = span(after.as_ref(), &until, writer.most_rows());
        let rows = writer.insist(async |ledger| ledger.lengths(target, span).await).await?;
        let Some(load) = Load::of(route, rows) else { return Ok(()) };
        let rows = load.len();
        writer.carry_out(load).await?;
        writer.show_life().await?;
        writer.looked_at(rows).await?;
    }
}

/// The next rows.
const fn span<'k>(after: Option<&'k Key>, until: &'k Key, rows: u32) -> Span<'k> {
    Span { after, until, since: None, rows, besides: Besides::Nothing }
}
