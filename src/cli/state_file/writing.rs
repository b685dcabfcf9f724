//! What a check leaves for the next one.

use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::cli::replacement::Replacement;
use crate::domain::check::{Header, Line, Seal, Summary};

/// A file that is written while rows are found, and takes the place of the last one when it is complete.
pub(super) struct Writer {
    file: Replacement,
    sha256: Sha256,
    rows: u64,
    most: u64,
    /// The first failure. Findings cannot fail, so it waits for the end.
    failed: Option<io::Error>,
}

impl Writer {
    /// Begins a file with room for so many rows.
    pub fn create(path: &Path, header: &Header, most: u64) -> io::Result<Self> {
        let mut writer = Self { file: Replacement::of(path)?, sha256: Sha256::new(), rows: 0, most, failed: None };
        writer.line(header)?;
        Ok(writer)
    }

    /// Writes a row, and says whether there was room for it.
    pub fn row(&mut self, row: &Line) -> bool {
        let has_room = self.rows < self.most;
        if has_room && self.failed.is_none() {
            self.failed = self.line(row).err();
            self.rows += 1;
        }
        has_room
    }

    /// Ends the file with a summary, and seals it.
    pub fn finish(mut self, summary: &Summary) -> io::Result<()> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.line(summary)?;
        let sha256 = hex::encode(self.sha256.clone().finalize());
        self.line(&Seal { sha256 })?;
        self.file.put()
    }

    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.sha256.update(text.as_bytes());
        self.file.write_all(text.as_bytes())
    }
}
