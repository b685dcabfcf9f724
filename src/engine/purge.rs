//! Dropping old values from the journal: they may be secrets, and nobody undoes a run of last year.

use std::time::Duration;

use super::consent::Consent;
use super::lease::RunError;
use super::patience::outlast;
use super::store::Ledger;
use crate::domain::run::{Run, RunId};

/// How many entries are dropped in one transaction.
const AT_ONCE: i64 = 1_000;

/// Drops the journal entries of every run that ended longer ago than `age`; the runs themselves stay listed. Gives
/// the runs and how many entries each had.
///
/// Not while a run is at work: it might be undoing one of those.
pub async fn purge<L: Ledger>(ledger: &mut L, age: Duration, _consent: Consent) -> Result<Vec<(RunId, u64)>, RunError> {
    let runs = ledger.runs().await?;
    refuse_beside_a_run(&runs)?;
    let mut purged = Vec::new();
    for id in ledger.ended_before(age).await? {
        // Marked first: a purge that is cut short leaves a run that cannot be undone, not one that is undone by half.
        if !outlast(async || ledger.mark_purged(&id, age).await).await? {
            refuse_beside_a_run(&ledger.runs().await?)?;
            // Somebody has gone on with it, or dropped its values already.
            continue;
        }
        let last = runs.iter().find(|run| run.id == id).map_or(0, |run| run.progress.cursor.seq);
        let mut entries = 0;
        let mut after = 0;
        while after < last {
            entries += ledger.purge(&id, after, after + AT_ONCE).await?;
            after += AT_ONCE;
        }
        purged.push((id, entries));
    }
    Ok(purged)
}

fn refuse_beside_a_run(runs: &[Run]) -> Result<(), RunError> {
    match runs.iter().find(|run| run.alive) {
        Some(run) => Err(RunError::Held(Box::new(run.clone()))),
        None => Ok(()),
    }
}
