//! The exit codes, which are part of the contract with scripts.

use std::process::ExitCode;

use crate::report::model::{Outcome, Report};

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing wrong, or everything asked for was done.
    Success = 0,
    /// Something failed that should not.
    Failure = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// The database cannot be used: connection, permission, missing tables.
    Database = 3,
    /// A scan or dry run found rows of the severity that counts, or a dry run rows that a carry would leave.
    Findings = 10,
    /// A repair, carry or undo left rows.
    Partial = 11,
    /// Another run holds the lease.
    Held = 12,
    /// Interrupted; stopped cleanly between chunks.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<&Report> for Exit {
    fn from(report: &Report) -> Self {
        match report.outcome {
            Outcome::Clean | Outcome::Repaired | Outcome::Carried | Outcome::Undone => Self::Success,
            // A repair that leaves what its rules leave has done what was asked for.
            Outcome::Findings if !report.mode.only_reads() => Self::Success,
            Outcome::Findings => Self::Findings,
            Outcome::Partial => Self::Partial,
            Outcome::Interrupted => Self::Interrupted,
        }
    }
}
