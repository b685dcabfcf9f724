//! What `check` takes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args as ClapArgs, ValueEnum};

use super::shared::{FindingsArgs, JobsArgs, JudgingArgs, RateArgs, ReportArgs, TargetArgs};
use crate::domain::check::Wish;
use crate::domain::finding::Severity;
use crate::report::collect::FailOn;

/// Compare with the last check: what is new, what is gone, what is still there
///
/// Reads as `scan` does. What it found is left for the next check in a file, never in the database. The first check of a
/// table has nothing to compare with, so nothing in it is new.
#[derive(Debug, ClapArgs)]
#[command(after_help = super::EXIT_CODES)]
pub(in crate::cli) struct CheckArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub findings: FindingsArgs,
    /// What makes a check end with exit code 10
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = CheckFailOn::Error)]
    pub fail_on: CheckFailOn,
    /// Where the last check is remembered [default: a file for each database in
    /// $XDG_STATE_HOME/statemend, else in ~/.local/state/statemend]
    #[arg(long, value_name = "FILE", value_parser = super::values::file)]
    pub state: Option<PathBuf>,
    /// Read only rows that were written since the last check, and those that it found
    #[arg(long)]
    pub incremental: bool,
    /// With --incremental, read all rows again after this long
    #[arg(long, value_name = "DURATION", default_value = "7d", requires = "incremental", value_parser = super::values::duration)]
    pub full_every: Duration,
    /// Write metrics for Prometheus to this file, for the textfile collector of its node exporter; its name ends in .prom
    #[arg(long, value_name = "FILE", value_parser = metrics_file)]
    pub metrics_file: Option<PathBuf>,
    #[command(flatten)]
    pub output: ReportArgs,
    #[command(flatten)]
    pub rate: RateArgs,
    #[command(flatten)]
    pub jobs: JobsArgs,
}

impl CheckArgs {
    /// How much the user wants to be read.
    pub const fn wish(&self) -> Wish {
        if self.incremental { Wish::Incremental { full_every: self.full_every } } else { Wish::Full }
    }
}

/// What makes a check end with exit code 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum CheckFailOn {
    /// Some reader fails on a row
    Error,
    /// A reader gets something else, or soon will
    Warning,
    /// Some reader fails on a row that the last check did not flag, or saw with another value
    New,
}

impl From<CheckFailOn> for FailOn {
    fn from(fail_on: CheckFailOn) -> Self {
        match fail_on {
            CheckFailOn::Error => Severity::Error.into(),
            CheckFailOn::Warning => Severity::Warning.into(),
            CheckFailOn::New => Self::New,
        }
    }
}

/// A file that the collector looks at. It passes over others without a word.
fn metrics_file(path: &str) -> Result<PathBuf, &'static str> {
    let is_read = Path::new(path).extension().is_some_and(|extension| extension == "prom");
    if is_read { Ok(path.into()) } else { Err("the collector reads only files whose names end in .prom") }
}
