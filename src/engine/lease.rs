//! Who may write: one run at a time holds the lease, and a run that was cut short is gone on with.

use std::time::SystemTime;

use super::events::{Event, Events};
use super::halt::{self, Halt};
use super::patience::insist;
use super::stop::Stop;
use super::store::{Deed, Lease, Ledger, NewRun, Step, StoreError};
use super::writer::Writer;
use super::{Ending, Work};
use crate::domain::run::{Run, RunId, RunMode, RunOptions, RunState};

/// Why a run did not begin or did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another run is at work.
    #[error("another run is at work: {} {} on {}, since {}", .0.mode.of(.0.options.shard), .0.id, .0.host, .0.started_at)]
    Held(Box<Run>),
    /// The user named a run that the journal does not know.
    #[error("the journal knows no run {0}")]
    NoSuchRun(String),
    /// The values that an undo would put back are no longer in the journal.
    #[error("the old values of run {0} were dropped from the journal at {1}")]
    Purged(RunId, String),
    /// The run took away what a carry had made, and only another carry makes it again.
    #[error("run {0} undid a carry, which is not undone but done again")]
    UndidCarry(RunId),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RunError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Held(run) => format!(
                "wait until it has ended, or stop it there; it last showed itself at {}, and a run that does not for a \
                 minute is taken over",
                run.heartbeat_at
            ),
            Self::NoSuchRun(_) => "`statemend runs` lists them".to_owned(),
            Self::Purged(..) => "only a backup has them".to_owned(),
            Self::UndidCarry(_) => {
                "the rows are in the older tables as they were: `statemend carry` brings them over again".to_owned()
            }
            Self::Store(error) => return error.hint.clone(),
        })
    }
}

/// Who runs this, as the journal remembers it.
#[derive(Clone, Debug)]
pub struct Who {
    pub host: String,
    pub user: String,
}

/// How one process's part of a run ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sitting {
    /// Whether it went on with what an earlier process had begun.
    pub resumed: bool,
    pub ending: Ending,
}

/// What is to be run.
#[derive(Clone, Copy)]
pub(super) struct Order<'o> {
    pub mode: RunMode,
    pub options: &'o RunOptions,
    /// What it is going to do, of which the role may not be allowed everything.
    pub deeds: &'o [Deed],
    pub who: &'o Who,
}

/// Takes the lease, works, and gives the lease back.
pub(super) async fn sit<L: Ledger, E: Events>(
    ledger: &mut L,
    work: &Work<'_>,
    events: &mut E,
    order: Order<'_>,
    body: impl AsyncFnOnce(&mut Writer<'_, L, E>) -> Result<(), Halt>,
) -> Result<Sitting, RunError> {
    let (run, resumed) = match take(ledger, work, events, order).await {
        Ok((Lease::Held(run), _)) => return Err(RunError::Held(run)),
        Ok((Lease::Granted(run), resumed)) => (run, resumed),
        Err(Halt::Stop) => return Ok(Sitting { resumed: false, ending: Ending::Interrupted }),
        Err(Halt::Failed(error)) => return Err(error.into()),
    };
    events.event(&Event::RunStarted { run: &run.id, resumed });
    let mut writer = Writer::new(ledger, work, events, run.id, run.progress);
    writer.report_earlier();
    let outcome = body(&mut writer).await;
    let ending = give_back(writer, outcome).await?;
    Ok(Sitting { resumed, ending })
}

/// As [`sit`], for work that does not look back. A run that was taken up again ends where its tables ended when it began,
/// and rows have come since, so it is followed by a run of its own for what `left` still finds.
pub(super) async fn sit_to_the_end<L: Ledger, E: Events>(
    ledger: &mut L,
    work: &Work<'_>,
    events: &mut E,
    order: Order<'_>,
    mut body: impl AsyncFnMut(&mut Writer<'_, L, E>) -> Result<(), Halt>,
    mut left: impl AsyncFnMut(&mut L) -> Result<(u64, Ending), StoreError>,
) -> Result<Ending, RunError> {
    let mut sitting = sit(ledger, work, events, order, &mut body).await?;
    while sitting.resumed && sitting.ending == Ending::Complete {
        match left(ledger).await? {
            (0, ending) => return Ok(ending),
            (_, Ending::Interrupted) => return Ok(Ending::Interrupted),
            (_, Ending::Complete) => {}
        }
        tracing::info!("the run has come to its end; rows that came behind it are next");
        sitting = match sit(ledger, work, events, order, &mut body).await {
            // What has come to its end is still to be told.
            Err(held @ RunError::Held(_)) => {
                tracing::warn!("rows that came while the run was cut short are left: {held}");
                return Ok(Ending::Complete);
            }
            outcome => outcome?,
        };
    }
    Ok(sitting.ending)
}

/// Asks for the lease for an unfinished run with the same options, else for a new run.
async fn take<L: Ledger>(
    ledger: &mut L,
    work: &Work<'_>,
    events: &mut impl Events,
    Order { mode, options, deeds, who }: Order<'_>,
) -> Result<(Lease, bool), Halt> {
    insist(ledger, work, events, async |ledger| ledger.prepare(deeds).await).await?;
    let runs = insist(ledger, work, events, async |ledger| ledger.runs().await).await?;
    let unfinished = || {
        let alike = |run: &&Run| {
            let (one, other) = (&run.options, options);
            run.mode == mode && one.undoes == other.undoes && one.shard == other.shard
        };
        runs.iter().filter(|run| is_unfinished(run)).filter(alike)
    };
    let resume = unfinished().find(|run| run.options == *options);
    if let (None, Some(run)) = (resume, unfinished().next()) {
        let RunOptions { plan, rules, .. } = &run.options;
        let other = match (*plan == options.plan, *rules == options.rules, run.options.tables == options.tables) {
            (false, ..) => "rows, since only one of the two has this plan",
            (true, false, _) => "rules",
            (true, true, false) => "tables",
            (true, true, true) => "targets of the same tables",
        };
        tracing::warn!("run {} stopped before its end, but with other {other}; starting over", run.id);
    }
    let new = NewRun { id: new_run_id(SystemTime::now()), mode, options, host: &who.host, user: &who.user };
    let resume = resume.map(|run| &run.id);
    let acquire = async |ledger: &mut L| {
        // Another process may go on with that run, and end it, while this one waits for the lease.
        let runs = if resume.is_some() { ledger.runs().await? } else { Vec::new() };
        let resume = resume.filter(|&id| runs.iter().any(|run| run.id == *id && is_unfinished(run)));
        ledger.acquire(&new, resume).await
    };
    let lease = insist(ledger, work, events, acquire).await?;
    let resumed = matches!(&lease, Lease::Granted(run) if run.id != new.id);
    Ok((lease, resumed))
}

/// Gives the lease back. After a failure the run counts as interrupted, so that the next one goes on with it; that
/// this may fail too, on the same broken connection, must not hide the first failure.
async fn give_back<L: Ledger, E: Events>(
    writer: Writer<'_, L, E>,
    outcome: Result<(), Halt>,
) -> Result<Ending, StoreError> {
    let Writer { ledger, work, events, run, progress, stored, .. } = writer;
    match halt::ending(outcome) {
        Ok(ending) => {
            let state = match ending {
                Ending::Complete => RunState::Done,
                Ending::Interrupted => RunState::Interrupted,
            };
            // The wish to stop, once it has been followed, must not keep the lease from being given back.
            let work = Work { stop: &Stop::default(), ..*work };
            let step = Step { from: &stored, to: &progress };
            let released = insist(ledger, &work, events, async |ledger| ledger.release(&run, step, state).await);
            let released = halt::ending(released.await).map(|_| ending);
            if released.is_err() {
                let_go(ledger, &run).await;
            }
            released
        }
        Err(error) => {
            let_go(ledger, &run).await;
            Err(error.or_hint("whole chunks are done and nothing is half done; run it again to go on"))
        }
    }
}

/// Gives the lease back if that can be done. Else it runs out by itself.
async fn let_go<L: Ledger>(ledger: &mut L, run: &RunId) {
    if let Err(error) = abandon(ledger, run).await {
        tracing::debug!("the lease could not be given back and will run out by itself: {error}");
    }
}

/// What failed may have spoiled the connection: SQLite ends a transaction by itself when its disk is full, and the
/// driver does not know. A new one is not waited for.
async fn abandon<L: Ledger>(ledger: &mut L, run: &RunId) -> Result<(), StoreError> {
    if ledger.abandon(run).await.is_ok() {
        return Ok(());
    }
    ledger.reconnect().await?;
    ledger.abandon(run).await
}

/// A run that nobody is at and that has not come to its end.
fn is_unfinished(run: &Run) -> bool {
    let cut_short = match run.state {
        RunState::Interrupted => true,
        RunState::Running => !run.alive,
        RunState::Done | RunState::Undone => false,
    };
    cut_short && run.purged_at.is_none()
}

/// A name that sorts by time and that a person can type: `20261122-144501-k3fq`.
fn new_run_id(now: SystemTime) -> RunId {
    let time: String = humantime::format_rfc3339_seconds(now).to_string();
    let digits: String = time.chars().filter(char::is_ascii_digit).collect();
    let (date, time) = digits.split_at(8);
    let tail: String = std::iter::repeat_with(fastrand::lowercase).take(4).collect();
    RunId(format!("{date}-{time}-{tail}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_run_is_named_by_its_time_and_four_letters() {
        let id = new_run_id(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_358_701)).0;
        let letters = id.strip_prefix("20261122-144501-").expect(&id);
        assert!(letters.len() == 4 && letters.bytes().all(|letter| letter.is_ascii_lowercase()), "{id}");
    }
}
