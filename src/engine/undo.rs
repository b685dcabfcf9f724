//! The undo: other work for the same writer. It reads a run's changes from the journal and puts the old values back,
//! under lock, wherever a row still is as the run left it.

use std::collections::HashMap;

use super::consent::Consent;
use super::events::{Event, Events, Flagged, Outcome};
use super::flag::digest;
use super::halt::Halt;
use super::lease::{self, Order, RunError, Who};
use super::pacing::CHUNK_BYTES;
use super::store::{Facts, Ledger, LockedRow, PastChange, StoreError, Trouble};
use super::writer::{Done, NewValue, Piece, Verdict, Writer, Writing};
use super::{Ending, Work};
use crate::domain::repair::Reason;
use crate::domain::run::{Progress, Run, RunId, RunMode, RunState};
use crate::domain::target::{Key, Target};

/// The run that an undo is to put back: the one with this name, if its values are still there and nobody is at it.
pub async fn find<L: Ledger>(ledger: &mut L, name: &str) -> Result<Run, RunError> {
    let run = ledger.runs().await?.into_iter().find(|run| run.id.0 == name);
    let run = run.ok_or_else(|| RunError::NoSuchRun(name.to_owned()))?;
    if run.state == RunState::Running && run.alive {
        return Err(RunError::Held(Box::new(run)));
    }
    if let Some(at) = run.purged_at {
        return Err(RunError::Purged(run.id, at));
    }
    Ok(run)
}

/// Puts back what `run` changed. Rows that someone has written since are told as drifted and left.
pub async fn undo<L: Ledger, E: Events>(
    ledger: &mut L,
    work: &Work<'_>,
    run: &Run,
    who: &Who,
    _consent: Consent,
    events: &mut E,
) -> Result<Ending, RunError> {
    let options = run.options.undo(run.id.clone());
    let order = Order { mode: RunMode::Undo, options: &options, who };
    Ok(lease::sit(ledger, work, events, order, async |writer| all_changes(writer, run).await).await?.ending)
}

async fn all_changes<L: Ledger, E: Events>(writer: &mut Writer<'_, L, E>, undone: &Run) -> Result<(), Halt> {
    let undone = &undone.id;
    // Somebody may have dropped the old values while the user was asked.
    let runs = writer.insist(async |ledger| ledger.runs().await).await?;
    if runs.iter().any(|run| run.id == *undone && run.purged_at.is_some()) {
        let what = format!("the old values of run {undone} were dropped from the journal meanwhile");
        return Err(StoreError::new(Trouble::Journal, what).into());
    }
    // Before the first change: a repair must not go on with the undone run, whose cursor is behind these rows.
    let by = writer.run.clone();
    writer.insist(async |ledger| ledger.mark_undone(undone, &by).await).await?;
    announce(writer, undone).await?;
    loop {
        writer.work.go_on()?;
        let after = writer.progress.cursor.undone_seq.unwrap_or(0);
        let most = writer.size.rows() as u32;
        let sizes = writer.insist(async |ledger| ledger.change_sizes(undone, after, most).await).await?;
        let Some(until) = reach(&sizes) else { return Ok(()) };
        let changes = writer.insist(async |ledger| ledger.changes(undone, after, until).await).await?;
        for batch in by_target(writer.work.targets, changes)? {
            let rows = batch.changes.len() as u64;
            writer.carry_out(batch).await?;
            writer.looked_at(rows).await?;
        }
    }
}

async fn announce<L: Ledger, E: Events>(writer: &mut Writer<'_, L, E>, undone: &RunId) -> Result<(), Halt> {
    let rows = writer.insist(async |ledger| ledger.count_changes(undone).await).await?;
    if let [target, ..] = writer.work.targets {
        writer.events.event(&Event::TableStarted { target, rows: Some(rows) });
    }
    Ok(())
}

/// Neighbouring changes of one table.
#[derive(Debug)]
struct Batch {
    target: &'static Target,
    changes: Vec<PastChange>,
}

impl Piece for Batch {
    fn target(&self) -> &'static Target {
        self.target
    }

    fn keys(&self) -> Vec<Key> {
        self.changes.iter().map(|change| change.key.clone()).collect()
    }

    fn decide(&self, rows: Vec<LockedRow>, writing: &Writing<'_>) -> Vec<Verdict> {
        let mut rows: HashMap<Key, LockedRow> = rows.into_iter().map(|row| (row.key.clone(), row)).collect();
        let decide = |change: &PastChange| match compare(change, rows.remove(&change.key)) {
            Now::AsLeft(row) => {
                let change = NewValue::of(&row, change.kind.clone(), "undo", change.before.clone());
                Verdict { change, told: None }
            }
            Now::AsBefore => Verdict::default(),
            Now::Written(row) => told(Flagged::drifted(&writing.work.judge_of(self.target), row, Reason::WrittenSince)),
            Now::Gone => told(Flagged::unseen(change.key.clone(), Outcome::Drifted(Reason::Gone))),
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
        Ok((Self { target: self.target, changes: self.changes }, Self { target: self.target, changes }))
    }

    fn left(&self, facts: Option<Facts>, reason: Reason) -> Option<Flagged> {
        let change = self.changes.first()?;
        Some(Flagged { facts, ..Flagged::unseen(change.key.clone(), Outcome::Skipped(reason)) })
    }

    fn tell(self, done: Done, events: &mut impl Events) {
        let (target, changes) = (self.target, self.changes.len() as u64);
        events.event(&Event::PutBack { target, changes, rows: done.changed });
        for row in done.told {
            events.event(&Event::Flagged { target, row });
        }
    }
}

fn told(row: Flagged) -> Verdict {
    Verdict { change: None, told: Some(row) }
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
    let Some(row) = row else { return Now::Gone };
    let written = change.written_at.is_some() && change.written_at != row.written_at;
    match row.value.as_text() {
        Some(text) if !written && digest(text.as_bytes()) == change.after_sha256 => Now::AsLeft(row),
        Some(text) if text == change.before => Now::AsBefore,
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
fn by_target(targets: &[&'static Target], changes: Vec<PastChange>) -> Result<Vec<Batch>, StoreError> {
    let mut batches: Vec<Batch> = Vec::new();
    for change in changes {
        let Some(&target) = targets.iter().find(|target| target.table == change.table) else {
            let what = format!("the run changed {}, which is not among its tables", change.table);
            return Err(StoreError::new(Trouble::Journal, what));
        };
        match batches.last_mut() {
            Some(batch) if batch.target.table == target.table => batch.changes.push(change),
            _ => batches.push(Batch { target, changes: vec![change] }),
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

    #[test]
    fn a_row_is_put_back_only_while_it_is_as_the_run_left_it() {
        let (noon, later) = (Some("12:00"), Some("12:01"));
        let cases = [
            ("\"a\"", noon, noon, "as left"),
            ("\"a\"", noon, later, "written"),
            ("\"a\"", None, later, "as left"),
            ("a", noon, noon, "as before"),
            ("a", noon, later, "as before"),
            ("\"b\"", noon, noon, "written"),
        ];
        for (value, at_the_time, now, expected) in cases {
            let key = Key(vec![Scalar::Integer(1)]);
            let change = PastChange {
                seq: 1,
                table: "task_state_store".to_owned(),
                key: key.clone(),
                kind: "raw_text".to_owned(),
                before: "a".to_owned(),
                after_sha256: digest(b"\"a\""),
                written_at: at_the_time.map(str::to_owned),
            };
            let value = OwnedValue::Text(value.as_bytes().to_owned());
            let facts = Facts { identity: Identity(Vec::new()), moment: None, expires_at: None };
            let row = LockedRow { key, facts, value, written_at: now.map(str::to_owned) };
            let found = match compare(&change, Some(row)) {
                Now::AsLeft(_) => "as left",
                Now::AsBefore => "as before",
                Now::Written(_) => "written",
                Now::Gone => "gone",
            };
            assert_eq!(found, expected, "{at_the_time:?} {now:?}");
        }
    }
}
