//! The stored forms of the journal: how a run and a change look in their columns, and back.
//!
//! What was written by another release, or by hand, and is not understood is an error that says so; nothing is guessed.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::driver::Cells;
use super::error::{failed, other};
use crate::domain::run::{Run, RunId, RunMode, RunOptions, RunState};
use crate::domain::target::Target;
use crate::engine::store::{PastChange, StoreError, Trouble};

/// A stored form of the journal as text.
pub(super) fn as_text(stored: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(stored).map_err(|error| other("the run could not be written down", error))
}

pub(super) fn from_text<T: DeserializeOwned>(run: &str, stored: &str) -> Result<T, StoreError> {
    serde_json::from_str(stored).map_err(|error| {
        let mut damaged = other(&format!("the journal's entry for run {run} is not understood"), error);
        damaged.trouble = Trouble::Journal;
        damaged.hint("it was written by another release of statemend, or by hand; the newest release reads them all")
    })
}

/// A run as its columns say it.
pub(super) fn run(cells: &dyn Cells) -> Result<Run, StoreError> {
    let unreadable = |error| failed("a run in the journal could not be read", error);
    let optional = |index| cells.owned(index).map_err(unreadable);
    let read = |index| optional(index).map(Option::unwrap_or_default);
    let id = read(0)?;
    let unknown = |name: &str| {
        StoreError::new(Trouble::Journal, format!("the journal says of run {id} that it is {name:?}"))
            .hint("it was written by a newer release of statemend; use that one")
    };
    let (mode, state) = (read(1)?, read(2)?);
    let options: RunOptions = from_text(&id, &read(4)?)?;
    if options.version > RunOptions::VERSION {
        return Err(unknown(&format!("of version {}", options.version)));
    }
    Ok(Run {
        mode: RunMode::from_name(&mode).ok_or_else(|| unknown(&mode))?,
        state: RunState::from_name(&state).ok_or_else(|| unknown(&state))?,
        alive: cells.says_yes(3).map_err(unreadable)?,
        options,
        progress: from_text(&id, &read(5)?)?,
        tool_version: read(6)?,
        host: read(7)?,
        user: read(8)?,
        started_at: read(9)?,
        heartbeat_at: read(10)?,
        finished_at: optional(11)?,
        purged_at: optional(12)?,
        undone_by: optional(13)?.map(RunId),
        id: RunId(id),
    })
}

/// A change as its columns say it, of a row of one of these tables.
pub(super) fn past_change(cells: &dyn Cells, targets: &[&'static Target]) -> Result<PastChange, StoreError> {
    let unreadable = |error| failed("an entry of the journal could not be read", error);
    let optional = |index| cells.owned(index).map_err(unreadable);
    let read = |index| optional(index).map(Option::unwrap_or_default);
    let seq = cells.integer(0).map_err(unreadable)?;
    let seq = seq.unwrap_or_default();
    let damaged = || StoreError::new(Trouble::Journal, format!("entry {seq} of the journal is damaged"));
    let table = read(1)?;
    let key = serde_json::from_str(&read(2)?).map_err(|_| damaged())?;
    // Builds of Airflow have given one name to tables with different keys.
    let target = targets.iter().find(|target| target.table == table);
    let key = target.and_then(|target| target.key_from_object(&key)).ok_or_else(|| {
        let what =
            format!("entry {seq} of the journal is about a table {table} that is gone, or has another key by now");
        StoreError::new(Trouble::Journal, what).hint("its old values are in statemend_change; nothing else knows them")
    })?;
    let digest = |hex: String| {
        let mut digest = [0; 32];
        hex::decode_to_slice(hex, &mut digest).map(|()| digest).map_err(|_| damaged())
    };
    Ok(PastChange {
        seq,
        table,
        key,
        kind: read(3)?,
        before: optional(4)?,
        after_sha256: optional(5)?.map(digest).transpose()?,
        written_at: optional(6)?,
    })
}
