//! The repair: the scan's fold, whose findings become changes, chunk by chunk.
//!
//! What a window saw only tells which rows to lock. Under the lock each row is read and judged again, and only what
//! is there then is rewritten, so a value that someone wrote in between is never overwritten with something that was
//! computed from the old one. Rows, journal and cursor move in one transaction.

use std::collections::HashMap;
use std::time::Instant;

use super::consent::Consent;
use super::events::{Event, Events, Flagged, Outcome};
use super::flag::{Flag, Keep};
use super::lease::{self, RunError, Who};
use super::pacing::{self, HEARTBEAT, WindowSize};
use super::segment::{Segment, segments};
use super::store::{Change, Chunk, Ledger, LockedRow, StoreError};
use super::window::{self, Spotted};
use super::{Ending, Work, scan};
use crate::domain::run::{Progress, RunId, RunMode, RunOptions, Tally};
use crate::domain::target::{Key, Target};

/// Mends every row whose action asks for it.
///
/// Goes on where an interrupted run with the same tables had stopped. Such a run ends where its tables ended when it
/// began, and it looks back at nothing, so rows that went bad since are mended by a run of their own, right behind it.
/// Gives the last run.
pub async fn repair<L: Ledger, E: Events>(
    ledger: &mut L,
    work: &Work<'_>,
    who: &Who,
    _consent: Consent,
    events: &mut E,
) -> Result<(RunId, Ending), RunError> {
    loop {
        let sitting = sit(ledger, work, who, events).await?;
        let covers_all = !sitting.resumed || sitting.ending == Ending::Interrupted;
        if covers_all || !something_to_mend(ledger, work).await? {
            return Ok((sitting.run, sitting.ending));
        }
        tracing::info!("run {} has come to its end; rows that went bad since it began are next", sitting.run);
    }
}

/// One run at work, from its lease to its end or its interruption.
struct Sitting {
    run: RunId,
    resumed: bool,
    ending: Ending,
}

async fn sit<L: Ledger, E: Events>(
    ledger: &mut L,
    work: &Work<'_>,
    who: &Who,
    events: &mut E,
) -> Result<Sitting, RunError> {
    let tables = work.targets.iter().map(|target| target.table.to_owned()).collect();
    let options = RunOptions { version: RunOptions::VERSION, tables, undoes: None };
    let seat = lease::take(ledger, RunMode::Repair, &options, who).await?;
    let resumed = seat.resumed;
    events.event(&Event::RunStarted { run: &seat.run, resumed });
    let mut mending =
        Mending { ledger, work, events, run: seat.run, progress: seat.progress, last_sign: Instant::now() };
    let outcome = mending.all_tables().await;
    let Mending { ledger, run, progress, .. } = mending;
    let ending = lease::give_back(ledger, &run, &progress, outcome).await?;
    Ok(Sitting { run, resumed, ending })
}

/// Whether a look at all rows finds one that a repair would rewrite.
async fn something_to_mend<L: Ledger>(ledger: &mut L, work: &Work<'_>) -> Result<bool, StoreError> {
    struct Rewrites(u64);
    impl Events for Rewrites {
        fn event(&mut self, event: &Event<'_>) {
            if let Event::Flagged { row, .. } = event {
                self.0 += u64::from(row.outcome == Outcome::Rewritten);
            }
        }
    }
    let mut rewrites = Rewrites(0);
    scan::scan(ledger, work, &mut rewrites).await?;
    Ok(rewrites.0 > 0)
}

/// A repair at work.
struct Mending<'m, L, E> {
    ledger: &'m mut L,
    work: &'m Work<'m>,
    events: &'m mut E,
    run: RunId,
    /// What is committed, or will be with the next chunk or heartbeat at the latest.
    progress: Progress,
    /// When the journal last heard of this run.
    last_sign: Instant,
}

impl<L: Ledger, E: Events> Mending<'_, L, E> {
    async fn all_tables(&mut self) -> Result<Ending, StoreError> {
        self.report_earlier();
        let reached = self.progress.cursor.table.clone();
        let begin = self.work.targets.iter().position(|target| Some(target.table) == reached.as_deref());
        for &target in &self.work.targets[begin.unwrap_or(0)..] {
            if self.table(target).await? == Ending::Interrupted {
                return Ok(Ending::Interrupted);
            }
        }
        Ok(Ending::Complete)
    }

    fn report_earlier(&mut self) {
        for &target in self.work.targets {
            if let Some(&tally) = self.progress.tallies.get(target.table) {
                self.events.event(&Event::Earlier { target, tally });
            }
        }
    }

    async fn table(&mut self, target: &'static Target) -> Result<Ending, StoreError> {
        let rows = self.ledger.estimate(target).await?;
        self.events.event(&Event::TableStarted { target, rows });
        let Some(until) = self.enter(target).await? else { return Ok(Ending::Complete) };
        let mut size = WindowSize::new();
        loop {
            let after = self.progress.cursor.after.clone();
            if self.work.stop.requested() {
                return Ok(Ending::Interrupted);
            }
            let window = window::read(self.ledger, target, after.as_ref(), &until, &mut size, self.work).await?;
            let last = window.next.is_none();
            let (rows, bytes) = (window.rows, window.bytes);
            for segment in segments(window, &until) {
                if self.work.stop.requested() {
                    return Ok(Ending::Interrupted);
                }
                self.segment(target, segment).await?;
            }
            self.events.event(&Event::Scanned { target, rows, bytes });
            if last {
                return Ok(Ending::Complete);
            }
            self.show_life().await?;
        }
    }

    /// Moves the cursor to a table, unless it is there already, and says where the table ends for this run.
    async fn enter(&mut self, target: &'static Target) -> Result<Option<Key>, StoreError> {
        let cursor = &mut self.progress.cursor;
        if cursor.table.as_deref() != Some(target.table) {
            cursor.table = Some(target.table.to_owned());
            cursor.after = None;
            cursor.until = self.ledger.last_key(target).await?;
        }
        Ok(cursor.until.clone())
    }

    /// Works off one segment: locks and mends its rows if it has any to mend, and moves the cursor behind it.
    async fn segment(&mut self, target: &'static Target, segment: Segment) -> Result<(), StoreError> {
        let Segment { spotted, through, rows, bytes } = segment;
        let places: HashMap<Key, usize> = spotted.iter().map(|row| row.key.clone()).zip(0..).collect();
        let (mendable, others): (Vec<_>, Vec<_>) = spotted.into_iter().partition(|row| row.flag.is_mendable());
        let keys: Vec<Key> = mendable.into_iter().map(|Spotted { key, .. }| key).collect();
        let others = window::identify(self.ledger, target, others).await?;
        let mut tally = Tally { rows_scanned: rows, bytes_scanned: bytes, ..Tally::default() };
        count(&mut tally, &others);
        let mended = if keys.is_empty() {
            advance(&mut self.progress, target, through, tally);
            Vec::new()
        } else {
            self.mend(target, &keys, &through, tally).await?
        };
        let place = |row: &Flagged| places.get(&row.key).copied();
        let mut rows: Vec<Flagged> = others.into_iter().chain(mended).collect();
        rows.sort_by_key(place);
        for row in rows {
            self.events.event(&Event::Flagged { target, row });
        }
        Ok(())
    }

    /// Mends the rows with these keys in one chunk, trying again where someone else's lock was in the way.
    async fn mend(
        &mut self,
        target: &'static Target,
        keys: &[Key],
        through: &Key,
        tally: Tally,
    ) -> Result<Vec<Flagged>, StoreError> {
        let Self { ledger, work, events, run, progress, .. } = self;
        let attempt = async || {
            let mut ahead = progress.clone();
            advance(&mut ahead, target, through.clone(), tally);
            let mended = chunk(*ledger, work, run, target, keys, &mut ahead).await?;
            *progress = ahead;
            Ok(mended)
        };
        let mended = pacing::with_retries(*events, attempt).await?;
        self.last_sign = Instant::now();
        Ok(mended)
    }

    /// Stores how far the run has come when no chunk has done so for a while.
    async fn show_life(&mut self) -> Result<(), StoreError> {
        if self.last_sign.elapsed() >= HEARTBEAT {
            let Self { ledger, events, run, progress, .. } = self;
            pacing::with_retries(*events, async || ledger.heartbeat(run, progress).await).await?;
            self.last_sign = Instant::now();
        }
        Ok(())
    }
}

/// One transaction: lock, read again, judge what is there, write, journal, move the cursor, commit.
async fn chunk<L: Ledger>(
    ledger: &mut L,
    work: &Work<'_>,
    run: &RunId,
    target: &'static Target,
    keys: &[Key],
    ahead: &mut Progress,
) -> Result<Vec<Flagged>, StoreError> {
    let capacity = ledger.capacity();
    let mut chunk = ledger.begin(run).await?;
    let keep = if work.show_values { Keep::Both } else { Keep::Rewrite };
    let examine = |row: LockedRow| {
        let flag = Flag::examine(work.judge, row.value.stored(), capacity, keep)?;
        Some((row, flag))
    };
    let flagged: Vec<(LockedRow, Flag)> = chunk.lock(target, keys).await?.into_iter().filter_map(examine).collect();
    chunk.apply(target, &changes(&flagged, &mut ahead.cursor.seq)).await?;
    let mended: Vec<Flagged> =
        flagged.into_iter().map(|(row, flag)| flag.into_flagged(row.key, Some(row.identity))).collect();
    count(ahead.tallies.entry(target.table.to_owned()).or_default(), &mended);
    chunk.commit(ahead).await?;
    Ok(mended)
}

fn changes<'f>(flagged: &'f [(LockedRow, Flag)], seq: &mut i64) -> Vec<Change<'f>> {
    let change = |(row, flag): &'f (LockedRow, Flag)| {
        let (Some(after), Some(before)) = (&flag.rewrite, row.value.as_text()) else { return None };
        *seq += 1;
        let (kind, action) = (flag.finding.kind.name(), flag.action.name());
        Some(Change { seq: *seq, key: &row.key, kind, action, before, after })
    };
    flagged.iter().filter_map(change).collect()
}

fn count(tally: &mut Tally, rows: &[Flagged]) {
    for row in rows {
        match row.outcome {
            Outcome::Reported => {}
            Outcome::Rewritten => tally.rewritten += 1,
            Outcome::Skipped(_) => tally.skipped += 1,
            Outcome::Drifted(_) => tally.drifted += 1,
        }
    }
}

fn advance(progress: &mut Progress, target: &'static Target, through: Key, tally: Tally) {
    progress.cursor.after = Some(through);
    progress.tallies.entry(target.table.to_owned()).or_default().add(tally);
}
