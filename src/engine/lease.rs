//! Who may write: one run at a time holds the lease, and a run that was cut short is gone on with.

use std::time::SystemTime;

use super::store::{Lease, Ledger, NewRun, StoreError};
use super::{Ending, pacing};
use crate::domain::run::{Progress, Run, RunId, RunMode, RunOptions, RunState};

/// Why a run did not begin or did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another run is at work.
    #[error("another run is at work: {} {} on {}, since {}", .0.mode.name(), .0.id, .0.host, .0.started_at)]
    Held(Box<Run>),
    /// The user named a run that the journal does not know.
    #[error("the journal knows no run {0}")]
    NoSuchRun(String),
    /// The values that an undo would put back are no longer in the journal.
    #[error("the old values of run {0} were dropped from the journal at {1}")]
    Purged(RunId, String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who runs this, as the journal remembers it.
#[derive(Clone, Debug)]
pub struct Who {
    pub host: String,
    pub user: String,
}

/// The run that holds the lease, and where it goes on.
#[derive(Debug)]
pub(super) struct Seat {
    pub run: RunId,
    pub progress: Progress,
    pub resumed: bool,
}

/// Takes the lease for an unfinished run with the same options, else for a new run.
pub(super) async fn take<L: Ledger>(
    ledger: &mut L,
    mode: RunMode,
    options: &RunOptions,
    who: &Who,
) -> Result<Seat, RunError> {
    let runs = ledger.runs().await?;
    let unfinished = || {
        let alike = |run: &&Run| run.mode == mode && run.options.undoes == options.undoes;
        runs.iter().filter(|run| is_unfinished(run)).filter(alike)
    };
    let resume = unfinished().find(|run| run.options == *options);
    if let (None, Some(run)) = (resume, unfinished().next()) {
        tracing::warn!("run {} stopped before its end, but with other tables: starting over", run.id);
    }
    let new = NewRun { id: new_run_id(SystemTime::now()), mode, options, host: &who.host, user: &who.user };
    match ledger.acquire(&new, resume.map(|run| &run.id)).await? {
        Lease::Granted(run) => Ok(Seat { resumed: run.id != new.id, run: run.id, progress: run.progress }),
        Lease::Held(run) => Err(RunError::Held(run)),
    }
}

/// Gives the lease back. After a failure the run counts as interrupted, so that the next one goes on with it; that
/// this may fail too, on the same broken connection, must not hide the first failure.
pub(super) async fn give_back<L: Ledger>(
    ledger: &mut L,
    run: &RunId,
    progress: &Progress,
    outcome: Result<Ending, StoreError>,
) -> Result<Ending, StoreError> {
    match outcome {
        Ok(ending) => {
            let state = match ending {
                Ending::Complete => RunState::Done,
                Ending::Interrupted => RunState::Interrupted,
            };
            pacing::with_retries(&mut (), async || ledger.release(run, progress, state).await).await?;
            Ok(ending)
        }
        Err(error) => {
            if let Err(second) = ledger.abandon(run).await {
                tracing::debug!("the lease could not be given back and will run out by itself: {second}");
            }
            Err(error)
        }
    }
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
        assert!(id.starts_with("20261122-") && id.len() == "20261122-144501-k3fq".len(), "{id}");
    }
}
