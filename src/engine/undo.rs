//! The undo: other work for the same writer. It reads a run's changes from the journal and puts the old values back,
//! under lock, wherever a row still is as the run left it. Rows that a carry has made it takes away.

use std::collections::HashMap;

use super::consent::Consent;
use super::events::{Event, Events, Flagged, Outcome};
use super::flag::digest;
use super::halt::Halt;
use super::lease::{self, Order, RunError, Who};
use super::pacing::CHUNK_BYTES;
use super::store::{Chunk, Deed, Facts, Ledger, LockedRow, PastChange, Step, StoreError, Trouble};
use super::writer::{Done, Edit, Piece, Verdict, Writer, Writing};
use super::{Ending, Work};
use crate::domain::repair::Reason;
use crate::domain::run::{Progress, Run, RunId, RunMode, RunOptions, RunState};
use crate::domain::target::Key;

/// The run that an undo is to put back: the one with this name, if its values are still there and nobody is at it.
pub async fn find<L: Ledger>(ledger: &mut L, name: &str) -> Result<Run, RunError> {
    let run = ledger.runs().await?.into_iter().find(|run| run.id.0 == name);
    let run = run.ok_or_else(|| RunError::NoSuchRun(name.to_owned()))?;
    if run.state == RunState::Running && run.alive {
        return Err(RunError::Held(Box::new(run)));
    }
    if run.options.removes {
        return Err(RunError::UndidCarry(run.id));
    }
    if let Some(at) = run.purged_at {
        return Err(RunError::Purged(run.id, at));
    }
    Ok(run)
}

/// What the undo of a run does.
pub fn deeds(work: &Work<'_>, run: &Run) -> Vec<Deed> {
    let deed = if run.makes_rows() { Deed::Remove } else { Deed::Rewrite };
    work.targets.iter().copied().map(deed).collect()
}

/// Puts back what `run` changed in the tables of the work, which for a carry are those that it filled, with rows told
/// apart as in [`Route::to`](crate::domain::carry::Route::to). Rows that someone has written since are told as drifted
/// and left.
pub async fn undo<L: Ledger, E: Events>(
    ledger: &mut L,
    work: &Work<'_>,
    run: &Run,
    who: &Who,
    _consent: Consent,
    events: &mut E,
) -> Result<Ending, RunError> {
    let options = if run.makes_rows() {
        RunOptions { undoes: Some(run.id.clone()), removes: true, ..RunOptions::repair(work.targets) }
    } else {
        run.options.undo(run.id.clone())
    };
    let deeds = deeds(work, run);
    let order = Order { mode: RunMode::Undo, options: &options, deeds: &deeds, who };
    Ok(lease::sit(ledger, work, events, order, async |writer| all_changes(writer, run, &deeds).await).await?.ending)
}

async fn all_changes<L: Ledger, E: Events>(
    writer: &mut Writer<'_, L, E>,
    undone: &Run,
    deeds: &[Deed],
) -> Result<(), Halt> {
    let (changes, undone, targets) = (undone.progress.changes(), &undone.id, writer.work.targets);
    // Somebody may have dropped the old values while the user was asked.
    let runs = writer.insist(async |ledger| ledger.runs().await).await?;
    if runs.iter().any(|run| run.id == *undone && run.purged_at.is_some()) {
        let what = format!("the old values of run {undone} were dropped from the journal meanwhile");
        return Err(StoreError::new(Trouble::Journal, what).into());
    }
    // Before the first change: a repair must not go on with the undone run, whose cursor is behind these rows.
    let by = put_back_by(&runs, undone).unwrap_or(&writer.run).clone();
    let (at_work, stored) = (writer.run.clone(), writer.stored.clone());
    let step = || Step { from: &stored, to: &stored };
    writer.insist(async |ledger| ledger.mark_undone(undone, &by, &at_work, step()).await).await?;
    if let [target, ..] = targets {
        writer.events.event(&Event::TableStarted { target, rows: Some(changes) });
    }
    loop {
        writer.work.go_on()?;
        let after = writer.progress.cursor.undone_seq.unwrap_or(0);
        let most = writer.most_rows();
        let sizes = writer.insist(async |ledger| ledger.change_sizes(undone, after, most).await).await?;
        let Some(until) = reach(&sizes) else { return Ok(()) };
        let changes = writer.insist(async |ledger| ledger.changes(undone, targets, after, until).await).await?;
        for batch in by_table(deeds, changes)? {
            let rows = batch.changes.len() as u64;
            writer.carry_out(batch).await?;
            writer.looked_at(rows).await?;
        }
    }
}

/// The undo that has put values of a run back, where there is one and nobody has undone it in turn. One more undo does
/// not take its place: it finds what the first one has left, which mostly is nothing.
fn put_back_by<'r>(runs: &'r [Run], undone: &RunId) -> Option<&'r RunId> {
    let find = |id: &RunId| runs.iter().find(|run| run.id == *id);
    let by = find(find(undone)?.undone_by.as_ref()?)?;
    let put_back = by.progress.tallies.values().any(|tally| tally.rewritten > 0);
    (put_back && by.state != RunState::Undone).then_some(&by.id)
}

/// Neighbouring changes of one table.
#[derive(Debug)]
struct Batch {
    deed: Deed,
    changes: Vec<PastChange>,
}

impl Piece for Batch {
    type Row = LockedRow;

    fn deed(&self) -> Deed {
        self.deed
    }

    fn keys(&self) -> Vec<Key> {
        self.changes.iter().map(|change| change.key.clone()).collect()
    }

    async fn read(&self, chunk: &mut impl Chunk, keys: &[Key]) -> Result<Vec<LockedRow>, StoreError> {
        chunk.lock(self.deed.changes(), keys).await
    }

    fn decide(&self, rows: Vec<LockedRow>, writing: &Writing<'_>) -> Vec<Verdict> {
        let mut rows: HashMap<Key, LockedRow> = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
        let decide = |change: &PastChange| match compare(change, rows.remove(&change.key)) {
            Now::AsLeft(row) => {
                let kind = change.kind.clone();
                let edit = match &change.before {
                    Some(before) => Edit::rewrite(&row, kind, "undo", before.clone()),
                    // The journal has to take the value.
                    None if row.value.stored().bytes().len() as u64 > writing.capacity.bytes => {
                        return Verdict::told(Flagged::healthy(row, Outcome::Skipped(Reason::TooLong)));
                    }
                    None => Edit::remove(&row, kind, "undo"),
                };
                Verdict { edit, told: None }
            }
            Now::AsBefore => Verdict::default(),
            Now::Written(row) => {
                let judge = writing.work.judge_of(self.deed.changes());
                Verdict::told(Flagged::drifted(&judge, row, Reason::WrittenSince))
            }
            Now::Gone => Verdict::told(Flagged::unseen(change.key.clone(), Outcome::Drifted(Reason::Gone))),
        };
        self.changes.iter().map(decide).collect()
    }

    fn advance(&self, progress: &mut Progress) {
        progress.cursor.undone_seq = self.changes.last().map(|change| change.seq);
    }

    fn split(mut self) -> Result<(Self, Self), Self> {
        if self.changes.len() < 2 {
            return Err(self);
        }
        let changes = self.changes.split_off(self.changes.len() / 2);
        Ok((Self { deed: self.deed, changes: self.changes }, Self { deed: self.deed, changes }))
    }

    fn left(&self, facts: Option<Facts>, reason: Reason) -> Option<Flagged> {
        let change = self.changes.first()?;
        Some(Flagged { facts, ..Flagged::unseen(change.key.clone(), Outcome::Skipped(reason)) })
    }

    fn tell(self, done: Done, events: &mut impl Events) {
        let (target, changes) = (self.deed.changes(), self.changes.len() as u64);
        events.event(&Event::PutBack { target, changes, rows: done.changed });
        for row in done.told {
            events.event(&Event::Flagged { target, row });
        }
    }
}

/// What a row is now, compared with what the run did to it.
enum Now {
    AsLeft(LockedRow),
    /// Put back already: by an undo that was cut short, or by hand.
    AsBefore,
    Written(LockedRow),
    Gone,
}

/// A writer may have stored the very value that the run had made; then only the time of the write tells.
fn compare(change: &PastChange, row: Option<LockedRow>) -> Now {
    let Some(row) = row else {
        return if change.before.is_some() { Now::Gone } else { Now::AsBefore };
    };
    let written = change.written_at.is_some() && change.written_at != row.written_at;
    match row.value.as_text() {
        Some(text) if !written && Some(digest(text.as_bytes())) == change.after_sha256 => Now::AsLeft(row),
        Some(text) if Some(text) == change.before.as_deref() => Now::AsBefore,
        _ => Now::Written(row),
    }
}

/// How far one chunk reaches: to the last change whose old values together stay within the byte limit, but over one
/// change at least. Nothing where no change is left.
fn reach(sizes: &[(i64, u64)]) -> Option<i64> {
    let mut bytes = 0;
    let within = |(_, size): &&(i64, u64)| {
        bytes += size;
        bytes <= CHUNK_BYTES
    };
    let within = sizes.iter().take_while(within).last();
    within.or(sizes.first()).map(|(seq, _)| *seq)
}

/// Groups neighbouring changes of the same table.
fn by_table(deeds: &[Deed], changes: Vec<PastChange>) -> Result<Vec<Batch>, StoreError> {
    let mut batches: Vec<Batch> = Vec::new();
    for change in changes {
        let Some(&deed) = deeds.iter().find(|deed| deed.changes().table == change.table) else {
            let what = format!("the run changed {}, which is not among its tables", change.table);
            return Err(StoreError::new(Trouble::Journal, what));
        };
        match batches.last_mut() {
            Some(batch) if batch.deed.changes().table == change.table => batch.changes.push(change),
            _ => batches.push(Batch { deed, changes: vec![change] }),
        }
    }
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::target::{Identity, Scalar};
    use crate::engine::store::OwnedValue;

    #[test]
    fn a_chunk_reaches_as_far_as_its_bytes_allow() {
        let cases: &[(&[(i64, u64)], Option<i64>)] = &[
            (&[], None),
            (&[(1, 10), (2, 10)], Some(2)),
            (&[(1, CHUNK_BYTES), (2, 1)], Some(1)),
            (&[(4, CHUNK_BYTES * 9), (5, 1)], Some(4)),
        ];
        for (sizes, expected) in cases {
            assert_eq!(reach(sizes), *expected, "{sizes:?}");
        }
    }

    fn change(before: Option<&str>, written_at: Option<&str>) -> PastChange {
        PastChange {
            seq: 1,
            table: "task_state_store".to_owned(),
            key: Key(vec![Scalar::Integer(1)]),
            kind: "raw_text".to_owned(),
            before: before.map(str::to_owned),
            after_sha256: Some(digest(b"\"a\"")),
            written_at: written_at.map(str::to_owned),
        }
    }

    fn compared(change: &PastChange, now: Option<(&str, Option<&str>)>) -> &'static str {
        let row = now.map(|(value, written_at)| LockedRow {
            key: change.key.clone(),
            facts: Facts { identity: Identity(Vec::new()), moment: None, expires_at: None },
            value: OwnedValue::Text(value.as_bytes().to_owned()),
            written_at: written_at.map(str::to_owned),
        });
        match compare(change, row) {
            Now::AsLeft(_) => "as left",
            Now::AsBefore => "as before",
            Now::Written(_) => "written",
            Now::Gone => "gone",
        }
    }

    const NOON: Option<&str> = Some("12:00");
    const LATER: Option<&str> = Some("12:01");

    #[test]
    fn a_row_is_put_back_only_while_it_is_as_the_run_left_it() {
        let cases = [
            (NOON, Some(("\"a\"", NOON)), "as left"),
            (NOON, Some(("\"a\"", LATER)), "written"),
            (None, Some(("\"a\"", LATER)), "as left"),
            (NOON, Some(("a", NOON)), "as before"),
            (NOON, Some(("a", LATER)), "as before"),
            (NOON, Some(("\"b\"", NOON)), "written"),
            (NOON, None, "gone"),
        ];
        for (at_the_time, now, expected) in cases {
            assert_eq!(compared(&change(Some("a"), at_the_time), now), expected, "{at_the_time:?} {now:?}");
        }
    }

    #[test]
    fn a_row_that_a_carry_made_is_taken_away_only_while_it_is_as_it_was_made() {
        let cases = [
            (Some(("\"a\"", NOON)), "as left"),
            (Some(("\"a\"", LATER)), "written"),
            (Some(("a", NOON)), "written"),
            (None, "as before"),
        ];
        for (now, expected) in cases {
            assert_eq!(compared(&change(None, NOON), now), expected, "{now:?}");
        }
    }
}
