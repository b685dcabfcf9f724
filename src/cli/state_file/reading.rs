//! What the last check left.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Seek as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::StateError;
use crate::domain::check::{self, Before, Header, Line, Seal, Summary};
use crate::domain::target::Key;

/// A file that is what a check has written, from its first line to its last.
pub(super) struct Stored {
    pub summary: Summary,
    pub before: Before,
    file: BufReader<File>,
    /// The table whose rows are being gone through.
    at: Option<usize>,
}

impl Stored {
    /// Opens a file and checks all of it; nothing where there is none. `here` is what this release writes of the
    /// database at hand.
    pub fn open(path: &Path, here: &Header) -> Result<Option<Self>, StateError> {
        let file = match File::open(path) {
            Ok(file) => BufReader::new(file),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StateError::Read(path.to_owned(), error)),
        };
        let mut lines = Lines { path, file, text: String::new(), number: 0, sha256: Sha256::new() };
        lines.header(here)?;
        let mut before = Before::default();
        let summary = loop {
            lines.next()?;
            if is_summary(&lines.text) {
                break lines.summary()?;
            }
            let (Line(table, key, _), value) = lines.row()?;
            before.remember(table, &key, value);
        };
        before.complete();
        Ok(Some(Self { summary, before, file: lines.file, at: None }))
    }

    /// Goes back to the first row.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.at = None;
        self.file.rewind()?;
        self.file.skip_until(b'\n').map(drop)
    }

    /// The next row, or nothing at the end, again and again.
    pub fn next_row(&mut self) -> io::Result<Option<Line>> {
        let mut text = String::new();
        let length = self.file.read_line(&mut text)?;
        if is_summary(&text) {
            self.file.seek_relative(-(length as i64))?;
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&text)?))
    }

    /// The next keys of a table whose rows have not been met, at most so many.
    pub fn missed(&mut self, table: usize, most: usize) -> io::Result<Vec<Key>> {
        if self.at != Some(table) {
            self.rewind()?;
            self.at = Some(table);
        }
        let mut keys = Vec::new();
        while keys.len() < most
            && let Some(Line(of, key, _)) = self.next_row()?
        {
            if of == table && !self.before.has_met(table, &key) {
                keys.push(key);
            }
        }
        Ok(keys)
    }
}

/// Rows are arrays.
fn is_summary(line: &str) -> bool {
    line.starts_with('{')
}

/// The lines of a file that nobody has checked yet.
struct Lines<'p> {
    path: &'p Path,
    file: BufReader<File>,
    text: String,
    /// Counted from 1.
    number: u64,
    /// Of all lines before this one.
    sha256: Sha256,
}

impl Lines<'_> {
    /// Goes on to the next line, which has to be there.
    fn next(&mut self) -> Result<(), StateError> {
        self.sha256.update(self.text.as_bytes());
        self.text.clear();
        self.number += 1;
        match self.file.read_line(&mut self.text) {
            Ok(_) if self.text.ends_with('\n') => Ok(()),
            Ok(_) => Err(self.damaged("it ends too early")),
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(self.damaged("it is not text")),
            Err(error) => Err(StateError::Read(self.path.to_owned(), error)),
        }
    }

    /// Reads what the file is, and insists that this release knows the form and that the database is the one at hand.
    fn header(&mut self, here: &Header) -> Result<(), StateError> {
        #[derive(serde::Deserialize)]
        struct Version {
            state_version: u32,
        }
        let path = || self.path.to_owned();
        let no_state = || StateError::NoState(self.path.to_owned());
        match self.next() {
            Err(StateError::Damaged { .. }) => return Err(no_state()),
            read => read?,
        }
        let Ok(Version { state_version }) = serde_json::from_str(&self.text) else { return Err(no_state()) };
        if state_version > check::VERSION {
            return Err(StateError::Newer { path: path(), version: state_version });
        }
        let Ok(header) = serde_json::from_str::<Header>(&self.text) else { return Err(no_state()) };
        if header.fingerprint == here.fingerprint {
            Ok(())
        } else {
            Err(StateError::OtherDatabase { path: path(), remembered: header.database, here: here.database.clone() })
        }
    }

    /// The row on this line, and the beginning of its value's digest.
    fn row(&self) -> Result<(Line, u64), StateError> {
        let line: Option<Line> = serde_json::from_str(&self.text).ok();
        let row = line.and_then(|line| line.value().map(|value| (line, value)));
        row.ok_or_else(|| self.damaged("it is not a row"))
    }

    /// The summary on this line, behind which there is the seal and nothing else.
    fn summary(&mut self) -> Result<Summary, StateError> {
        let Ok(summary) = serde_json::from_str::<Summary>(&self.text) else {
            return Err(self.damaged("it is not a summary"));
        };
        self.next()?;
        let Ok(Seal { sha256 }) = serde_json::from_str(&self.text) else {
            return Err(self.damaged("it is not a seal"));
        };
        if sha256 != hex::encode(self.sha256.clone().finalize()) {
            return Err(self.damaged("the lines before it are not what was written"));
        }
        match self.file.fill_buf() {
            Ok([]) => Ok(summary),
            Ok(_) => Err(self.damaged("something follows it")),
            Err(error) => Err(StateError::Read(self.path.to_owned(), error)),
        }
    }

    fn damaged(&self, what: &str) -> StateError {
        StateError::Damaged { path: self.path.to_owned(), line: self.number, what: what.to_owned() }
    }
}
