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
pub(super) struct StoredRun {
    texts: Vec<Option<String>>,
    alive: bool,
}

impl StoredRun {
    const COLUMNS: usize = 14;
    const ALIVE: usize = 3;

    pub fn read(cells: &dyn Cells) -> Result<Self, sqlx::Error> {
        let text = |index| match index {
            Self::ALIVE => Ok(None),
            _ => Ok(cells.text(index)?.map(str::to_owned)),
        };
        let texts = (0..Self::COLUMNS).map(text).collect::<Result<_, sqlx::Error>>()?;
        Ok(Self { texts, alive: cells.integer(Self::ALIVE)? == Some(1) })
    }

    pub fn parse(mut self) -> Result<Run, StoreError> {
        let mut optional = |index: usize| self.texts[index].take();
        let (undone_by, purged_at, finished_at) = (optional(13), optional(12), optional(11));
        let mut required = |index: usize| optional(index).unwrap_or_default();
        let (id, mode, state) = (required(0), required(1), required(2));
        let unknown = |name: &str| {
            StoreError::new(Trouble::Journal, format!("the journal says of run {id} that it is {name:?}"))
                .hint("it was written by a newer release of statemend; use that one")
        };
        let options: RunOptions = from_text(&id, &required(4))?;
        if options.version > RunOptions::VERSION {
            return Err(unknown(&format!("of version {}", options.version)));
        }
        Ok(Run {
            mode: RunMode::from_name(&mode).ok_or_else(|| unknown(&mode))?,
            state: RunState::from_name(&state).ok_or_else(|| unknown(&state))?,
            alive: self.alive,
            options,
            progress: from_text(&id, &required(5))?,
            tool_version: required(6),
            host: required(7),
            user: required(8),
            started_at: required(9),
            heartbeat_at: required(10),
            finished_at,
            purged_at,
            undone_by: undone_by.map(RunId),
            id: RunId(id),
        })
    }
}

/// A change as its columns say it, of a row of one of these tables.
pub(super) fn past_change(cells: &dyn Cells, targets: &[&'static Target]) -> Result<PastChange, StoreError> {
    let unreadable = |error| failed("an entry of the journal could not be read", error);
    let optional = |index| cells.text(index).map_err(unreadable);
    let read = |index| optional(index).map(Option::unwrap_or_default);
    let seq = cells.integer(0).map_err(unreadable)?;
    let seq = seq.unwrap_or_default();
    let damaged = || StoreError::new(Trouble::Journal, format!("entry {seq} of the journal is damaged"));
    let table = read(1)?;
    let key = serde_json::from_str(read(2)?).map_err(|_| damaged())?;
    // Builds of Airflow have given one name to tables with different keys.
    let target = targets.iter().find(|target| target.table == table);
    let key = target.and_then(|target| target.key_from_object(&key)).ok_or_else(|| {
        let what =
            format!("entry {seq} of the journal is about a table {table} that is gone, or has another key by now");
        StoreError::new(Trouble::Journal, what).hint("its old values are in statemend_change; nothing else knows them")
    })?;
    let digest = |hex: &str| {
        let mut digest = [0; 32];
        hex::decode_to_slice(hex, &mut digest).map(|()| digest).map_err(|_| damaged())
    };
    Ok(PastChange {
        seq,
        table: table.to_owned(),
        key,
        kind: read(3)?.to_owned(),
        before: optional(4)?.map(str::to_owned),
        after_sha256: optional(5)?.map(digest).transpose()?,
        written_at: optional(6)?.map(str::to_owned),
    })
}
