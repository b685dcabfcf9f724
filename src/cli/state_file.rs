//! The file in which a check leaves what it found for the next one.
//!
//! The file is read as a whole before the check begins, and refused where it is not what a check of this database has
//! written. The new one is written beside it while rows are found, and takes its place when the check has come to its
//! end, so a check that fails or is interrupted leaves the memory of the last one. A lock in a file of its own keeps two
//! checks from forgetting what the other has found.

mod error;
mod reading;
mod writing;

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

pub(super) use self::error::StateError;
use serde_json::json;

use self::reading::Stored;
use self::writing::Writer;
use super::replacement::{destination, folder};
use crate::domain::check::{
    self, Difference, Header, LONGEST_HISTORY, Line, Looked, MOST_ROWS, Novelty, Options, Pass, Past, Summary, Wish,
};
use crate::domain::rules::Moment;
use crate::domain::target::{Key, Target};
use crate::engine::check::Memory;
use crate::engine::events::Flagged;
use crate::engine::flag::digest;
use crate::engine::store::{StoreError, Trouble};
use crate::report::check::{Earlier, PassKind};
use crate::report::model::Report;

/// What a check is about to do.
pub(super) struct Order<'o> {
    /// What this release writes of this database.
    pub header: Header,
    pub targets: &'o [&'static Target],
    pub options: Options,
    pub wish: Wish,
    /// When it begins.
    pub now: Moment,
}

/// What the last check left, and what this one leaves.
pub(super) struct StateFile {
    path: PathBuf,
    /// Given back when it is dropped.
    _lock: File,
    last: Option<Stored>,
    tables: Vec<Table>,
    options: Options,
    now: Moment,
    new: Writer,
}

/// A table that this check looks at.
struct Table {
    target: &'static Target,
    pass: Pass,
    /// Its place among the tables of the last check, where that is the same table.
    last: Option<usize>,
    /// Whether all of its flagged rows have found room.
    remembered: bool,
}

/// Where a check of this database is remembered unless someone says otherwise.
pub(super) fn default_path(fingerprint: &str) -> Result<PathBuf, StateError> {
    let folders = xdg::BaseDirectories::with_prefix(env!("CARGO_PKG_NAME"));
    let file = format!("check-{}.jsonl", &fingerprint[..16]);
    let path = folders.get_state_file(&file).ok_or(StateError::NoPlace)?;
    folders.place_state_file(file).map_err(|error| StateError::Folder(path, error))
}

impl StateFile {
    /// Reads what the last check has left, if there was one, and begins to leave something for the next.
    pub fn open(path: PathBuf, order: Order<'_>) -> Result<Self, StateError> {
        Self::with_room_for(MOST_ROWS, path, order)
    }

    fn with_room_for(most: u64, path: PathBuf, order: Order<'_>) -> Result<Self, StateError> {
        let lock = lock(&path, &order.header)?;
        let last = Stored::open(&path, &order.header)?;
        let new =
            Writer::create(&path, &order.header, most).map_err(|error| StateError::Folder(path.clone(), error))?;
        let table = |&target: &&'static Target| {
            let place = last.as_ref().and_then(|last| last.summary.tables.iter().position(|table| table.is(target)));
            let looked = last.as_ref().zip(place).map(|(last, place)| &last.summary.tables[place]);
            let pass = Pass::of(order.wish, target, looked, &order.options, order.now);
            Table { target, pass, last: place, remembered: true }
        };
        let tables = order.targets.iter().map(table).collect();
        Ok(Self { path, _lock: lock, last, tables, options: order.options, now: order.now, new })
    }

    /// What a report says of earlier checks.
    pub fn earlier(&self) -> Earlier {
        let scope = self.scope();
        let history = self.history().iter().filter(|past| past.scope == scope).cloned().collect();
        Earlier { differences: self.differences(), history }
    }

    /// Gives the next check what this one has found.
    pub fn finish(mut self, report: &Report) -> Result<(), StateError> {
        let path = self.path.clone();
        let failed = |error| StateError::Write(path.clone(), error);
        let others = self.left_out();
        self.keep(&others).map_err(failed)?;
        let now = self.tables.iter().map(|table| self.looked(table, report));
        let others = others.into_iter().map(|(_, looked)| looked);
        let tables = now.chain(others).collect();
        let mut history = self.history().to_vec();
        history.extend(self.past(report));
        history.drain(..history.len().saturating_sub(LONGEST_HISTORY));
        self.new.finish(&Summary { tables, history }).map_err(failed)
    }

    fn stored(&self) -> &[Looked] {
        self.last.as_ref().map_or(&[], |last| &last.summary.tables)
    }

    fn history(&self) -> &[Past] {
        self.last.as_ref().map_or(&[], |last| &last.summary.history)
    }

    fn place(&self, target: &Target) -> usize {
        let place = self.tables.iter().position(|table| table.target.table == target.table);
        place.expect("a check looks at the tables that it has named")
    }

    /// What the last check has left of a table's rows, and the place that the table had there.
    fn remembered(&mut self, place: usize) -> Option<(usize, &mut Stored)> {
        let last = self.last.as_mut()?;
        let table = self.tables[place].last.filter(|&table| last.summary.tables[table].remembered)?;
        Some((table, last))
    }

    /// The tables that earlier checks have looked at and this one does not, with their places.
    fn left_out(&self) -> Vec<(usize, Looked)> {
        let left_out =
            |(_, looked): &(usize, &Looked)| !self.tables.iter().any(|table| table.target.table == looked.table);
        self.stored().iter().enumerate().filter(left_out).map(|(place, looked)| (place, looked.clone())).collect()
    }

    /// Keeps what is known of tables that this check has not looked at.
    fn keep(&mut self, others: &[(usize, Looked)]) -> io::Result<()> {
        let Some(last) = self.last.as_mut().filter(|_| !others.is_empty()) else { return Ok(()) };
        last.rewind()?;
        while let Some(Line(table, key, value)) = last.next_row()? {
            let other = |(place, looked): &(usize, Looked)| *place == table && looked.remembered;
            if let Some(place) = others.iter().position(other) {
                self.new.row(&Line(self.tables.len() + place, key, value));
            }
        }
        Ok(())
    }

    fn looked(&self, table: &Table, report: &Report) -> Looked {
        let counts = report.tables.iter().find(|found| found.table == table.target.table).map(|found| &found.counts);
        let full_at = match (table.pass, table.last) {
            (Pass::Since(_), Some(last)) => self.stored()[last].full_at,
            _ => self.now,
        };
        Looked {
            table: table.target.table.clone(),
            key: table.target.key.iter().map(|column| column.name.clone()).collect(),
            declared: table.target.declared(),
            checked_at: self.now,
            full_at,
            options: self.options.clone(),
            flagged: counts.map_or(0, |counts| counts.flagged),
            errors: counts.map_or(0, |counts| counts.errors),
            remembered: table.remembered,
        }
    }

    fn past(&self, report: &Report) -> Option<Past> {
        let now = report.check.as_ref()?.trend.last()?;
        Some(Past {
            at: self.now,
            scope: self.scope(),
            full: now.pass == PassKind::Full,
            rows_scanned: now.rows_scanned,
            errors: now.errors,
            warnings: now.warnings,
            notices: now.notices,
            new: now.new,
            gone: now.gone,
        })
    }

    /// What checks have in common that can be compared in a trend.
    fn scope(&self) -> String {
        let mut names: Vec<&str> = self.tables.iter().map(|table| table.target.table.as_str()).collect();
        names.sort_unstable();
        let options = json!([names, self.options.max_value_bytes, self.options.rules]);
        hex::encode(&digest(options.to_string().as_bytes())[..8])
    }

    /// What else has changed since the last check.
    fn differences(&self) -> Vec<Difference> {
        let stored = self.stored();
        let Some(last) = stored.iter().map(|looked| looked.checked_at).max() else { return Vec::new() };
        let mut differences = Vec::new();
        for Table { target, last, .. } in &self.tables {
            match last {
                Some(place) => differences.extend(self.options.differences(&stored[*place].options)),
                None if stored.iter().any(|looked| looked.table == target.table) => {
                    differences.push(Difference::Other(target.table.clone()));
                }
                None => differences.push(Difference::Joined(target.table.clone())),
            }
        }
        let left_out = self.left_out().into_iter().filter(|(_, looked)| looked.checked_at == last);
        differences.extend(left_out.map(|(_, looked)| Difference::LeftOut(looked.table)));
        // What two tables tell alike is one difference.
        differences.sort();
        differences.dedup();
        differences
    }
}

impl Memory for StateFile {
    fn before(&self, target: &Target) -> (Option<&Looked>, Pass) {
        let table = &self.tables[self.place(target)];
        (table.last.map(|place| &self.stored()[place]), table.pass)
    }

    fn meet(&mut self, target: &'static Target, row: &Flagged) -> Novelty {
        let (place, value) = (self.place(target), check::short(&row.sha256));
        self.tables[place].remembered &= self.new.row(&Line::new(place, row.key.clone(), value));
        match self.remembered(place) {
            Some((table, last)) => last.before.meet(table, &row.key, value),
            None => Novelty::Unknown,
        }
    }

    fn missed(&mut self, target: &'static Target, most: usize) -> Result<Vec<Key>, StoreError> {
        let Some((table, last)) = self.remembered(self.place(target)) else { return Ok(Vec::new()) };
        let unreadable = || StoreError::new(Trouble::Memory, "what the last check left cannot be read any more");
        let keys = last.missed(table, most).map_err(|_| unreadable())?;
        if keys.iter().all(|key| target.fits(key)) { Ok(keys) } else { Err(unreadable()) }
    }
}

/// Keeps other checks away from a file for as long as the lock lives. `here` is what this release writes of the database.
fn lock(path: &Path, here: &Header) -> Result<File, StateError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    if !Path::new(&name).exists() {
        can_be_locked(path, here)?;
    }
    // The lock cannot be on the file itself, which is another one after every check.
    let opened = fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(name);
    let lock = opened.map_err(|error| StateError::Folder(path.to_owned(), error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StateError::Held(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(StateError::Folder(path.to_owned(), error)),
    }
}

/// A path that no check has locked yet may be a mistake, which a lock should not be laid beside.
fn can_be_locked(path: &Path, here: &Header) -> Result<(), StateError> {
    if path.is_dir() {
        return Err(StateError::IsFolder(path.to_owned()));
    }
    if !folder(path).is_dir() {
        return Err(StateError::NoFolder(path.to_owned()));
    }
    // Reading a pipe would wait for somebody to write to it.
    destination(path).map_err(|error| StateError::Folder(path.to_owned(), error))?;
    Stored::open(path, here).map(drop)
}

#[cfg(test)]
mod tests;
