//! A reviewed plan, carried out: exactly its rows are changed, and only those that are still what the plan saw.

use std::collections::{HashMap, HashSet};
use std::iter::Peekable;

use super::consent::Consent;
use super::events::{Event, Events, Flagged, Outcome};
use super::flag::digest;
use super::halt::Halt;
use super::lease::{self, Order, RunError, Who};
use super::pacing::CHUNK_BYTES;
use super::store::{Chunk, Deed, Facts, Ledger, LockedRow, StoreError};
use super::writer::{Done, Piece, Verdict, Writer, Writing};
use super::{Ending, Work};
use crate::domain::repair::Reason;
use crate::domain::run::{Progress, RunMode, RunOptions};
use crate::domain::target::{Key, Target};

/// One row of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub target: &'static Target,
    pub key: Key,
    /// The length of the value that the plan saw.
    pub bytes: u64,
    /// The digest of the value that the plan saw.
    pub before: [u8; 32],
    /// The digest of what it is to become.
    pub after: [u8; 32],
}

/// A plan as a whole: its rows, and what names it in the journal.
#[derive(Debug)]
pub struct Plan<R> {
    /// The digest of the plan, in hexadecimal.
    pub digest: String,
    pub rows: u64,
    /// The rows, in their order, from the first.
    pub planned: R,
}

/// Carries out a plan. Rows that are not what it saw are told as drifted and left.
pub async fn carry_out<L: Ledger, E: Events, R>(
    ledger: &mut L,
    work: &Work<'_>,
    plan: Plan<R>,
    who: &Who,
    _consent: Consent,
    events: &mut E,
) -> Result<Ending, RunError>
where
    R: Iterator<Item = Result<Planned, StoreError>>,
{
    let options =
        RunOptions { plan: Some(plan.digest.clone()), rules: work.rules_digest(), ..RunOptions::repair(work.targets) };
    let order = Order { mode: RunMode::Repair, options: &options, deeds: &work.rewrites(), who };
    Ok(lease::sit(ledger, work, events, order, async |writer| all_rows(writer, plan).await).await?.ending)
}

async fn all_rows<L: Ledger, E: Events, R>(writer: &mut Writer<'_, L, E>, plan: Plan<R>) -> Result<(), Halt>
where
    R: Iterator<Item = Result<Planned, StoreError>>,
{
    writer.work.recall(writer.ledger, writer.events).await?;
    let done = writer.progress.cursor.planned.unwrap_or(0);
    if let [target, ..] = writer.work.targets {
        writer.events.event(&Event::TableStarted { target, rows: Some(plan.rows - done.min(plan.rows)) });
    }
    let mut planned = plan.planned.skip(usize::try_from(done).unwrap_or(usize::MAX)).peekable();
    let mut through = done;
    while let Some(batch) = next_batch(&mut planned, writer.most_rows() as usize, &mut through)? {
        let rows = batch.planned.len() as u64;
        writer.carry_out(batch).await?;
        writer.looked_at(rows).await?;
    }
    Ok(())
}

/// The next rows of the plan that are of one table and fit into one chunk.
fn next_batch(
    planned: &mut Peekable<impl Iterator<Item = Result<Planned, StoreError>>>,
    most: usize,
    through: &mut u64,
) -> Result<Option<Batch>, StoreError> {
    let Some(first) = planned.next().transpose()? else { return Ok(None) };
    let (target, mut bytes) = (first.target, first.bytes);
    // Whoever edits a plan may leave a row in it twice; the second time its work is done.
    let mut keys = HashSet::from([first.key.clone()]);
    let mut batch = vec![first];
    while batch.len() < most
        && let Some(next) = planned.next_if(|next| {
            next.as_ref().is_ok_and(|next| {
                let fits = bytes.saturating_add(next.bytes) <= CHUNK_BYTES;
                next.target == target && fits && keys.insert(next.key.clone())
            })
        })
    {
        let next = next?;
        bytes += next.bytes;
        batch.push(next);
    }
    *through += batch.len() as u64;
    Ok(Some(Batch { target, planned: batch, through: *through }))
}

/// Neighbouring rows of a plan that are of one table.
#[derive(Debug)]
struct Batch {
    target: &'static Target,
    planned: Vec<Planned>,
    /// How many rows of the plan are done with this one.
    through: u64,
}

impl Batch {
    fn bytes(&self) -> u64 {
        self.planned.iter().fold(0, |bytes, row| bytes.saturating_add(row.bytes))
    }
}

impl Piece for Batch {
    type Row = LockedRow;

    fn deed(&self) -> Deed {
        Deed::Rewrite(self.target)
    }

    fn keys(&self) -> Vec<Key> {
        self.planned.iter().map(|row| row.key.clone()).collect()
    }

    async fn read(&self, chunk: &mut impl Chunk, keys: &[Key]) -> Result<Vec<LockedRow>, StoreError> {
        chunk.lock(self.target, keys).await
    }

    fn decide(&self, rows: Vec<LockedRow>, writing: &Writing<'_>) -> Vec<Verdict> {
        let mut rows: HashMap<Key, LockedRow> = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
        self.planned.iter().map(|planned| decide(planned, rows.remove(&planned.key), writing)).collect()
    }

    fn advance(&self, progress: &mut Progress) {
        progress.cursor.planned = Some(self.through);
        let tally = progress.tallies.entry(self.target.table.to_owned()).or_default();
        tally.rows_scanned += self.planned.len() as u64;
        tally.bytes_scanned += self.bytes();
    }

    fn split(mut self) -> Result<(Self, Self), Self> {
        if self.planned.len() < 2 {
            return Err(self);
        }
        let second = self.planned.split_off(self.planned.len() / 2);
        let (target, through) = (self.target, self.through - second.len() as u64);
        Ok((Self { through, ..self }, Self { target, planned: second, through: self.through }))
    }

    fn left(&self, facts: Option<Facts>, reason: Reason) -> Option<Flagged> {
        let planned = self.planned.first()?;
        let row = Flagged::unseen(planned.key.clone(), Outcome::Skipped(reason));
        Some(Flagged { facts, bytes: planned.bytes, sha256: planned.before, ..row })
    }

    fn tell(self, done: Done, events: &mut impl Events) {
        let (target, rows) = (self.target, self.planned.len() as u64);
        let bytes = self.bytes();
        for row in done.told {
            events.event(&Event::Flagged { target, row });
        }
        events.event(&Event::Scanned { target, rows, bytes });
    }
}

/// What the plan asks for with a row as it is now. A plan that is carried out once more finds its own work.
fn decide(planned: &Planned, row: Option<LockedRow>, writing: &Writing<'_>) -> Verdict {
    let Some(row) = row else {
        let gone = Flagged::unseen(planned.key.clone(), Outcome::Drifted(Reason::Gone));
        return Verdict::told(gone);
    };
    let drifted = |row, reason| Flagged::drifted(&writing.work.judge_of(planned.target), row, reason);
    let now = digest(row.value.stored().bytes());
    if now == planned.after {
        return Verdict::default();
    }
    if now != planned.before {
        return Verdict::told(drifted(row, Reason::WrittenSince));
    }
    match writing.examine(planned.target, &row) {
        Some(flag) if flag.rewrite_sha256 == Some(planned.after) => writing.carry_out(flag, row),
        _ => Verdict::told(drifted(row, Reason::PlannedOtherwise)),
    }
}
