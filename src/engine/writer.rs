//! The only writer there is: works off pieces of a repair, of a reviewed plan, of a carry or of an undo, a chunk each.
//!
//! What a scan, a plan or the journal says only tells which rows to look at. In the chunk each row is read again, locked
//! where it is to be changed, and the piece decides by what is there then, so a value that someone wrote in between is
//! never overwritten with something that was computed from the old one. Rows, journal and cursor move in one
//! transaction.
//!
//! A chunk that meets someone else's lock is tried again, then halved until the row that is in the way stands alone;
//! that row is left, and told. A connection that broke is made anew, and where nobody knows whether the last chunk
//! was committed, the journal does.

use std::time::Instant;

use super::Work;
use super::events::{Event, Events, Flagged, Outcome, Wait};
use super::flag::{Flag, Keep, Met};
use super::halt::Halt;
use super::made::Made;
use super::pacing::{ChunkSize, RowRate};
use super::patience::{self, Patience, pause_after};
use super::stop::Stop;
use super::store::{Change, Chunk, Deed, Facts, Ledger, LockedRow, Step, StoreError, Trouble};
use crate::domain::repair::{Capacity, Reason};
use crate::domain::run::{Progress, RunId, Tally};
use crate::domain::target::{Key, Target};

mod edit;
mod place;
mod waiting;

pub(super) use edit::{Done, Edit, Verdict};

/// How often a chunk, or a row that stands alone, is tried before its row counts as locked. Halves on the way to the
/// row are tried once, and so are rows behind one that stayed locked.
const TRIES: u32 = 3;

/// After so many rows in a row that stayed locked it is no row's fault: somebody holds the locks of very many.
const LOCKED_IN_A_ROW: u32 = 10;

/// How often a row that stands alone is tried when it keeps changing between a look and the change. Each try is a race of
/// its own, over in milliseconds, so that a row is left only if it hardly ever rests.
const RACES: u32 = 30;

/// Rows of one table, in the order of the work, that one chunk can work off.
pub(super) trait Piece: Sized {
    /// What is read of a row in its chunk.
    type Row;

    /// What is done, and with which tables.
    fn deed(&self) -> Deed;

    /// The keys of the rows, in the table that the work goes through.
    fn keys(&self) -> Vec<Key>;

    /// Reads the rows, and locks those that are to be changed. Rows that are gone are missing.
    async fn read(&self, chunk: &mut impl Chunk, keys: &[Key]) -> Result<Vec<Self::Row>, StoreError>;

    /// What is to be done with the rows as they are now.
    fn decide(&self, rows: Vec<Self::Row>, writing: &Writing<'_>) -> Vec<Verdict>;

    /// Moves a run's progress behind this piece.
    fn advance(&self, progress: &mut Progress);

    /// The two halves; the piece itself where it is a single row.
    fn split(self) -> Result<(Self, Self), Self>;

    /// The single row of this piece, where there is something to say about it that could not be changed.
    fn left(&self, facts: Option<Facts>, reason: Reason) -> Option<Flagged>;

    /// Tells what was done, now that it is committed.
    fn tell(self, done: Done, events: &mut impl Events);
}

/// What a piece needs to know to decide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writing<'w> {
    pub work: &'w Work<'w>,
    pub made: &'w Made,
    pub capacity: Capacity,
}

impl Writing<'_> {
    /// How much of a flagged value is kept.
    const fn keep(&self) -> Keep {
        if self.work.show_values { Keep::Both } else { Keep::Rewrite }
    }

    /// Judges a locked row and asks the rules about it.
    pub fn examine(&self, target: &'static Target, row: &LockedRow) -> Option<Flag> {
        let met = Met { target, value: row.value.stored(), facts: Some(&row.facts), capacity: self.capacity };
        Flag::examine(self.work, met, self.keep())?.unless_made(self.made, target, &row.key)
    }

    /// What a flagged row becomes. It stays in the flag only to be shown.
    pub fn rewrite(&self, flag: &mut Flag) -> Option<String> {
        if self.work.show_values { flag.rewrite.clone() } else { flag.rewrite.take() }
    }

    /// Does what a flag says of its row.
    pub fn carry_out(&self, mut flag: Flag, row: LockedRow) -> Verdict {
        let rewrite = self.rewrite(&mut flag);
        let (kind, action) = (flag.kind(), flag.action.name());
        let edit = rewrite.and_then(|after| Edit::rewrite(&row, kind, action, after));
        Verdict { edit, told: Some(flag.into_flagged(row.key, Some(row.facts))) }
    }
}

/// A run at work.
pub(super) struct Writer<'w, L, E> {
    pub ledger: &'w mut L,
    pub work: &'w Work<'w>,
    pub events: &'w mut E,
    pub run: RunId,
    /// What is committed, or will be with the next chunk or heartbeat at the latest.
    pub progress: Progress,
    /// What the journal holds of it.
    pub stored: Progress,
    pub size: ChunkSize,
    rate: RowRate,
    /// How many rows were left as locked since the last chunk that went through.
    locked: u32,
    /// When the journal last heard of this run, or should have.
    last_sign: Instant,
    /// When Airflow's migration lock was last looked at.
    alone: Instant,
    lag_asked: Option<Instant>,
}

impl<'w, L: Ledger, E: Events> Writer<'w, L, E> {
    /// A run that has just taken the lease.
    pub fn new(ledger: &'w mut L, work: &'w Work<'w>, events: &'w mut E, run: RunId, progress: Progress) -> Self {
        Self {
            ledger,
            work,
            events,
            run,
            stored: progress.clone(),
            progress,
            size: ChunkSize::new(&work.pace),
            rate: RowRate::new(&work.pace),
            locked: 0,
            last_sign: Instant::now(),
            alone: Instant::now(),
            lag_asked: None,
        }
    }

    /// Tells what earlier sittings of this run did.
    pub fn report_earlier(&mut self) {
        for &target in self.work.targets {
            if let Some(&tally) = self.progress.tallies.get(&target.table) {
                self.events.event(&Event::Earlier { target, tally });
            }
        }
    }

    /// The most rows that the next chunk should look at: no more than a second may.
    pub fn most_rows(&self) -> u32 {
        self.work.pace.at_once(self.size.rows() as u32)
    }

    /// Works off a piece, in one chunk where nothing is in the way.
    pub async fn carry_out<P: Piece>(&mut self, piece: P) -> Result<(), Halt> {
        let mut pieces = vec![piece];
        let mut tries = TRIES;
        while let Some(piece) = pieces.pop() {
            self.work.go_on()?;
            self.refuse_beside_a_migration().await?;
            match self.work_off(&piece, tries).await? {
                Ok(done) => {
                    let was_a_chunk = !piece.keys().is_empty();
                    piece.tell(done, self.events);
                    // Where nothing was looked at to be changed, nobody has to recover from it.
                    if was_a_chunk {
                        self.rest(Wait::Pause, self.work.pace.chunk_pause).await?;
                    }
                }
                Err(reason) => match piece.split() {
                    Ok((first, second)) => pieces.extend([second, first]),
                    Err(single) => self.leave(single, reason).await?,
                },
            }
            tries = 1;
        }
        Ok(())
    }

    /// Tries a piece, and says what stands in the way of some row of it.
    async fn work_off<P: Piece>(&mut self, piece: &P, tries: u32) -> Result<Result<Done, Reason>, Halt> {
        let keys = piece.keys();
        if keys.is_empty() {
            piece.advance(&mut self.progress);
            return Ok(Ok(Done::default()));
        }
        self.wait_for_replicas().await?;
        let (tries, races) = if keys.len() == 1 { (TRIES, RACES) } else { (tries, tries) };
        let tries = if self.locked > 0 { 1 } else { tries };
        let (mut failures, mut lost_races) = (0, 0);
        let (mut losses, mut gate) = (Patience::default(), Patience::default());
        loop {
            let error = match self.chunk(piece, &keys).await {
                Ok(done) => {
                    self.locked = 0;
                    return Ok(Ok(done));
                }
                Err(Halt::Failed(error)) => error,
                Err(Halt::Stop) => return Err(Halt::Stop),
            };
            match error.trouble {
                Trouble::Refused => return Ok(Err(Reason::Refused)),
                Trouble::Overtaken if lost_races + 1 < races => {
                    lost_races += 1;
                    self.rest(Wait::Race, pause_after(1)).await?;
                }
                Trouble::Overtaken => return Ok(Err(Reason::Overtaken)),
                Trouble::Lost => {
                    self.outwait(&mut losses, error, Wait::Connection).await?;
                    self.reconnect().await?;
                }
                Trouble::Contended if failures + 1 < tries => {
                    failures += 1;
                    self.rest(Wait::Lock, pause_after(failures)).await?;
                }
                Trouble::Contended if self.locked < LOCKED_IN_A_ROW && self.admits(piece.deed()).await? => {
                    return Ok(Err(Reason::Locked));
                }
                Trouble::Contended => self.outwait(&mut gate, error, Wait::Lock).await?,
                _ => return Err(error.into()),
            }
        }
    }

    /// Whether the table takes changes at all. A lock on the whole of it is no row's fault, and its end is waited for.
    async fn admits(&mut self, deed: Deed) -> Result<bool, Halt> {
        match self.ledger.admits(deed).await {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.trouble, Trouble::Contended | Trouble::Lost) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// One transaction: lock, read again, decide, write, journal, move the cursor, commit.
    async fn chunk<P: Piece>(&mut self, piece: &P, keys: &[Key]) -> Result<Done, Halt> {
        let mut ahead = self.progress.clone();
        piece.advance(&mut ahead);
        let made = self.ledger.made();
        let writing = Writing { work: self.work, made: &made, capacity: self.ledger.capacity() };
        let began = Instant::now();
        let mut chunk = self.ledger.begin(&self.run).await?;
        let done = match change(&mut chunk, piece, keys, &writing, &mut ahead).await {
            Ok(done) => done,
            Err(error) => return Err(chunk.give_up(error).await.into()),
        };
        match chunk.commit(Step { from: &self.stored, to: &ahead }).await {
            Ok(()) => self.size.learn(keys.len(), began.elapsed()),
            Err(error) if error.trouble == Trouble::Lost && self.arrived(&ahead, &Stop::default()).await? => {}
            Err(error) => return Err(error.into()),
        }
        self.stored = ahead.clone();
        self.progress = ahead;
        self.last_sign = Instant::now();
        Ok(done)
    }

    /// Whether progress was committed before the connection broke that would have said so. After a chunk nobody may go on
    /// without an answer, so a wish to `stop` is not to be heard, and an answer that does not come ends the run.
    async fn arrived(&mut self, ahead: &Progress, stop: &Stop) -> Result<bool, StoreError> {
        let work = Work { stop, ..*self.work };
        let run = self.run.clone();
        let ask = async {
            patience::reconnect(self.ledger, &work, self.events).await?;
            patience::insist(self.ledger, &work, self.events, async |ledger| ledger.progress(&run).await).await
        };
        match ask.await {
            Ok(stored) => Ok(stored == *ahead),
            // The answer did not come. Where it did, and is that the run is somebody else's, that is what ends it.
            Err(Halt::Failed(error)) => Err(match error.trouble {
                Trouble::Lost | Trouble::Contended => StoreError { trouble: Trouble::Unreachable, ..error },
                _ => error,
            }),
            Err(Halt::Stop) => Ok(false),
        }
    }

    /// Leaves the single row of a piece.
    async fn leave<P: Piece>(&mut self, single: P, reason: Reason) -> Result<(), Halt> {
        let (target, keys) = (single.deed().reads(), single.keys());
        let facts = self.insist(async |ledger| ledger.identify(target, &keys).await).await?;
        let facts = facts.into_iter().map(|(_, facts)| facts).next();
        self.locked += u32::from(reason == Reason::Locked);
        let left = single.left(facts, reason);
        single.advance(&mut self.progress);
        count(tally(&mut self.progress, target), left.as_slice());
        single.tell(Done { changed: 0, told: left.into_iter().collect() }, self.events);
        Ok(())
    }
}

/// What stands in a chunk's transaction before its commit.
async fn change<C: Chunk, P: Piece>(
    chunk: &mut C,
    piece: &P,
    keys: &[Key],
    writing: &Writing<'_>,
    ahead: &mut Progress,
) -> Result<Done, StoreError> {
    let deed = piece.deed();
    let rows = piece.read(chunk, keys).await?;
    let (edits, told) = Verdict::sorted(piece.decide(rows, writing));
    let first = ahead.cursor.seq + 1;
    let changes: Vec<Change<'_>> = (first..).zip(&edits).map(|(seq, edit)| edit.numbered(seq)).collect();
    chunk.apply(deed, &changes).await?;
    let changed = edits.len() as u64;
    ahead.cursor.seq += edits.len() as i64;
    let tally = tally(ahead, deed.reads());
    match deed {
        Deed::Rewrite(_) | Deed::Remove(_) => tally.rewritten += changed,
        Deed::Carry(_) => {
            tally.carried += changed;
            tally.rewritten += told.iter().filter(|row| row.outcome == Outcome::Rewritten).count() as u64;
        }
    }
    count(tally, &told);
    Ok(Done { changed, told })
}

fn tally<'p>(progress: &'p mut Progress, target: &Target) -> &'p mut Tally {
    progress.tallies.entry(target.table.to_owned()).or_default()
}

/// Counts the rows that were left. Those that were changed are counted by their changes.
fn count(tally: &mut Tally, rows: &[Flagged]) {
    for row in rows {
        match row.outcome {
            Outcome::Reported | Outcome::Rewritten => {}
            Outcome::Skipped(reason) => tally.skip(reason),
            Outcome::Drifted(_) => tally.drifted += 1,
        }
    }
}
