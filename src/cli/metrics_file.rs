//! The file that Prometheus' node exporter takes a check's metrics from.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::failure::Failure;
use super::replacement::Replacement;
use crate::report::metrics;
use crate::report::model::Report;

/// A file that is replaced as a whole, so that the collector never reads half of it, and readable for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct MetricsFile<'p>(&'p Path);

impl<'p> MetricsFile<'p> {
    /// Insists that there can be such a file: whoever waits an hour for it wants it written.
    pub fn at(path: &'p Path) -> Result<Self, Failure> {
        let place = Replacement::of(path).and_then(Replacement::for_all);
        place.map(|_| Self(path)).map_err(|error| Failure::Output(path.to_owned(), error))
    }

    /// Tells what a check has found.
    pub fn tell(self, report: &Report, database: &str) -> Result<(), Failure> {
        self.write(&metrics::of(report, database))
    }

    /// Tells that a check has failed at a moment (RFC 3339), of a database that may not even be known.
    pub fn tell_failure(self, database: Option<&str>, at: &str) -> Result<(), Failure> {
        let last = fs::read_to_string(self.0).unwrap_or_default();
        self.write(&metrics::after_failure(&last, database, at))
    }

    fn write(self, text: &str) -> Result<(), Failure> {
        let write = || {
            let mut file = Replacement::of(self.0)?.for_all()?;
            file.write_all(text.as_bytes())?;
            file.put()
        };
        write().map_err(|error| Failure::Report(self.0.to_owned(), error))
    }
}
