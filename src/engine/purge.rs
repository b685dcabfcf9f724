//! Dropping old values from the journal: they may be secrets, and nobody undoes a run of last year.

use std::time::Duration;

use super::consent::Consent;
use super::store::{Ledger, StoreError};
use crate::domain::run::RunId;

/// Drops the journal entries of every run that ended longer ago than `age`; the runs themselves stay listed. Gives
/// the runs and how many entries each had.
pub async fn purge<L: Ledger>(
    ledger: &mut L,
    age: Duration,
    _consent: Consent,
) -> Result<Vec<(RunId, u64)>, StoreError> {
    let mut purged = Vec::new();
    for run in ledger.ended_before(age).await? {
        let entries = ledger.purge(&run).await?;
        purged.push((run, entries));
    }
    Ok(purged)
}
