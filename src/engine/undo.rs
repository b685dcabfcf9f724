//! The undo: another plan for the same writer. It reads a run's changes from the journal and puts the old values
//! back, under lock, wherever a row still holds what the run wrote.

use std::collections::HashMap;

use super::consent::Consent;
use super::events::{Event, Events, Flagged, Outcome};
use super::flag::{Flag, Keep, digest};
use super::lease::{self, RunError, Who};
use super::pacing::{self, CHUNK_BYTES, CHUNK_ROWS};
use super::store::{Change, Chunk, Ledger, LockedRow, PastChange, StoreError};
use super::{Ending, Work};
use crate::domain::finding::Action;
use crate::domain::repair::{Capacity, Reason};
use crate::domain::run::{Progress, Run, RunId, RunMode, RunOptions, RunState};
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
) -> Result<(RunId, Ending), RunError> {
    let options =
        RunOptions { version: RunOptions::VERSION, tables: run.options.tables.clone(), undoes: Some(run.id.clone()) };
    let seat = lease::take(ledger, RunMode::Undo, &options, who).await?;
    events.event(&Event::RunStarted { run: &seat.run, resumed: seat.resumed });
    let mut undoing = Undoing { ledger, work, events, undone: &run.id, run: seat.run, progress: seat.progress };
    let outcome = undoing.all_changes().await;
    let Undoing { ledger, run: id, progress, .. } = undoing;
    let ending = lease::give_back(ledger, &id, &progress, outcome).await?;
    Ok((id, ending))
}

/// An undo at work.
struct Undoing<'u, L, E> {
    ledger: &'u mut L,
    work: &'u Work<'u>,
    events: &'u mut E,
    undone: &'u RunId,
    run: RunId,
    progress: Progress,
}

impl<L: Ledger, E: Events> Undoing<'_, L, E> {
    async fn all_changes(&mut self) -> Result<Ending, StoreError> {
        // Before the first change: a repair must not go on with the undone run, whose cursor is behind these rows.
        self.ledger.mark_undone(self.undone, &self.run).await?;
        self.announce().await?;
        loop {
            if self.work.stop.requested() {
                return Ok(Ending::Interrupted);
            }
            let after = self.progress.cursor.undone_seq.unwrap_or(0);
            let sizes = self.ledger.change_sizes(self.undone, after, CHUNK_ROWS as u32).await?;
            let Some(until) = reach(&sizes) else { return Ok(Ending::Complete) };
            let changes = self.ledger.changes(self.undone, after, until).await?;
            for (target, changes) in by_target(self.work.targets, changes) {
                self.put_back(target, &changes).await?;
            }
        }
    }

    async fn announce(&mut self) -> Result<(), StoreError> {
        for &target in self.work.targets {
            if let Some(&tally) = self.progress.tallies.get(target.table) {
                self.events.event(&Event::Earlier { target, tally });
            }
        }
        let rows = self.ledger.count_changes(self.undone).await?;
        if let [target, ..] = self.work.targets {
            self.events.event(&Event::TableStarted { target, rows: Some(rows) });
        }
        Ok(())
    }

    async fn put_back(&mut self, target: &'static Target, past: &[PastChange]) -> Result<(), StoreError> {
        let Self { ledger, work, events, run, progress, .. } = self;
        let attempt = async || {
            let mut ahead = progress.clone();
            let drifted = chunk(*ledger, work, run, target, past, &mut ahead).await?;
            let restored = ahead.cursor.seq - progress.cursor.seq;
            *progress = ahead;
            Ok((restored.unsigned_abs(), drifted))
        };
        let (restored, drifted) = pacing::with_retries(*events, attempt).await?;
        events.event(&Event::Restored { target, rows: restored });
        for row in drifted {
            events.event(&Event::Drifted { target, row });
        }
        Ok(())
    }
}

/// One transaction: lock the rows, put back those that still hold what the run wrote, journal, commit.
async fn chunk<L: Ledger>(
    ledger: &mut L,
    work: &Work<'_>,
    run: &RunId,
    target: &'static Target,
    past: &[PastChange],
    ahead: &mut Progress,
) -> Result<Vec<Flagged>, StoreError> {
    let mut chunk = ledger.begin(run).await?;
    let keys: Vec<Key> = past.iter().map(|change| change.key.clone()).collect();
    let locked = chunk.lock(target, &keys).await?;
    let mut rows: HashMap<Key, LockedRow> = locked.into_iter().map(|row| (row.key.clone(), row)).collect();
    let (mut restore, mut drifted) = (Vec::new(), Vec::new());
    for change in past {
        match compare(change, rows.remove(&change.key)) {
            Now::AsLeft(row) => restore.push((change, row)),
            Now::AsBefore => {}
            Now::Written(row) => drifted.push(written_since(work, row)),
            Now::Gone => drifted.push(gone(change)),
        }
    }
    let numbers = ahead.cursor.seq + 1..;
    let changes: Vec<Change<'_>> =
        numbers.zip(&restore).filter_map(|(seq, (change, row))| as_change(seq, change, row)).collect();
    chunk.apply(target, &changes).await?;
    ahead.cursor.seq += changes.len() as i64;
    ahead.cursor.undone_seq = past.last().map(|change| change.seq);
    let tally = ahead.tallies.entry(target.table.to_owned()).or_default();
    tally.rewritten += changes.len() as u64;
    tally.drifted += drifted.len() as u64;
    chunk.commit(ahead).await?;
    Ok(drifted)
}

/// What a row is now, compared with what the run did to it.
enum Now {
    AsLeft(LockedRow),
    /// Put back already: by an undo that was cut short, or by hand.
    AsBefore,
    Written(LockedRow),
    Gone,
}

fn compare(change: &PastChange, row: Option<LockedRow>) -> Now {
    let Some(row) = row else { return Now::Gone };
    match row.value.as_text() {
        Some(text) if digest(text.as_bytes()) == change.after_sha256 => Now::AsLeft(row),
        Some(text) if text == change.before => Now::AsBefore,
        _ => Now::Written(row),
    }
}

fn as_change<'c>(seq: i64, past: &'c PastChange, row: &'c LockedRow) -> Option<Change<'c>> {
    let before = row.value.as_text()?;
    Some(Change { seq, key: &past.key, kind: &past.kind, action: "undo", before, after: &past.before })
}

fn written_since(work: &Work<'_>, row: LockedRow) -> Flagged {
    let value = row.value.stored();
    let flag = Flag::examine(work.judge, value, Capacity::UNLIMITED, Keep::Nothing);
    Flagged {
        bytes: value.bytes().len() as u64,
        sha256: digest(value.bytes()),
        finding: flag.map(|flag| flag.finding),
        key: row.key,
        identity: Some(row.identity),
        action: Action::None,
        outcome: Outcome::Drifted(Reason::WrittenSince),
        value: None,
        rewrite: None,
    }
}

fn gone(change: &PastChange) -> Flagged {
    Flagged {
        key: change.key.clone(),
        identity: None,
        finding: None,
        bytes: 0,
        sha256: digest(b""),
        action: Action::None,
        outcome: Outcome::Drifted(Reason::Gone),
        value: None,
        rewrite: None,
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
fn by_target(targets: &[&'static Target], changes: Vec<PastChange>) -> Vec<(&'static Target, Vec<PastChange>)> {
    let mut groups: Vec<(&'static Target, Vec<PastChange>)> = Vec::new();
    for change in changes {
        let Some(&target) = targets.iter().find(|target| target.table == change.table) else { continue };
        match groups.last_mut() {
            Some((last, group)) if last.table == target.table => group.push(change),
            _ => groups.push((target, vec![change])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
