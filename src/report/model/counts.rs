//! The counts of a report, which are complete however short its list of findings is, and how they add up.

use std::collections::BTreeMap;

use serde::Serialize;

use super::RowOutcome;
use crate::domain::finding::{Kind, Severity};
use crate::report::carry::CarryCounts;

/// Counts of rows, complete however short the list of findings is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows whose values were read.
    pub rows_scanned: u64,
    /// The length of those values.
    pub bytes_scanned: u64,
    /// Rows that there is something to say about; each is one finding.
    pub flagged: u64,
    /// Rows of each kind that occurred, in the order of [`Kind::ALL`].
    pub findings: BTreeMap<Kind, u64>,
    /// What became of the rows of each kind.
    pub outcomes: BTreeMap<Kind, Fates>,
    /// What became of rows that read well and that a rule takes nonetheless; they are of no kind.
    #[serde(skip_serializing_if = "Fates::is_empty")]
    pub readable: Fates,
    /// Rows that some reader fails on.
    pub errors: u64,
    /// Rows with a finding of severity warning.
    pub warnings: u64,
    /// Rows with a finding of severity notice.
    pub notices: u64,
    /// Task instances or assets whose list fails because of a row in it, as found. Tables of the user's own have none.
    pub unreadable_lists: u64,
    /// Those of them with such a row that a repair left, or would leave.
    pub unreadable_lists_left: u64,
    /// Present where there were too many lists to count exactly.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unreadable_lists_estimated: bool,
    /// Keys that read well and that no list shows, because another row of their list is unreadable. Missing where a
    /// scan did not come to its end, and in modes that change rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_keys: Option<u64>,
    /// Present where there were too many lists to ask about each.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden_keys_estimated: bool,
    /// Rows that a repair changed, that a carry mended on the way, or that an undo put back; in a mode that only reads,
    /// those that would be.
    pub rewritten: u64,
    /// Rows that should be changed and cannot be.
    pub skipped: u64,
    /// Rows that someone else has changed, and that were left.
    pub drifted: u64,
    /// Only of a carry.
    #[serde(flatten)]
    pub carry: Option<CarryCounts>,
}

/// What became of rows of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fates {
    /// Nothing needs to be done about them.
    #[serde(skip_serializing_if = "is_zero")]
    pub reported: u64,
    /// As in [`Counts::rewritten`].
    #[serde(skip_serializing_if = "is_zero")]
    pub rewritten: u64,
    /// As in [`Counts::skipped`].
    #[serde(skip_serializing_if = "is_zero")]
    pub skipped: u64,
    /// As in [`Counts::drifted`].
    #[serde(skip_serializing_if = "is_zero")]
    pub drifted: u64,
}

impl Counts {
    /// Counts rows of a kind, which is so bad to whoever reads them.
    pub fn count_kind(&mut self, kind: Kind, severity: Severity, rows: u64) {
        self.flagged += rows;
        *self.findings.entry(kind).or_default() += rows;
        *match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Notice => &mut self.notices,
        } += rows;
    }

    /// Adds the counts of another table.
    pub fn add(&mut self, other: &Self) {
        self.rows_scanned += other.rows_scanned;
        self.bytes_scanned += other.bytes_scanned;
        self.flagged += other.flagged;
        for (kind, rows) in &other.findings {
            *self.findings.entry(*kind).or_default() += rows;
        }
        for (kind, fates) in &other.outcomes {
            self.outcomes.entry(*kind).or_default().add(*fates);
        }
        self.readable.add(other.readable);
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.notices += other.notices;
        self.unreadable_lists += other.unreadable_lists;
        self.unreadable_lists_left += other.unreadable_lists_left;
        self.unreadable_lists_estimated |= other.unreadable_lists_estimated;
        if let Some(keys) = other.hidden_keys {
            *self.hidden_keys.get_or_insert_default() += keys;
        }
        self.hidden_keys_estimated |= other.hidden_keys_estimated;
        self.rewritten += other.rewritten;
        self.skipped += other.skipped;
        self.drifted += other.drifted;
        if let Some(carry) = other.carry {
            self.carry.get_or_insert_default().add(carry);
        }
    }

    /// Rows that should have been changed and were not.
    pub const fn left(&self) -> u64 {
        self.skipped + self.drifted
    }

    /// How many rows are of at least this severity.
    pub const fn of_at_least(&self, severity: Severity) -> u64 {
        match severity {
            Severity::Error => self.errors,
            Severity::Warning => self.errors + self.warnings,
            Severity::Notice => self.errors + self.warnings + self.notices,
        }
    }
}

impl Fates {
    /// Counts one more row.
    pub const fn count(&mut self, outcome: RowOutcome) {
        match outcome {
            RowOutcome::Reported => self.reported += 1,
            RowOutcome::Rewritten => self.rewritten += 1,
            RowOutcome::Skipped => self.skipped += 1,
            RowOutcome::Drifted => self.drifted += 1,
        }
    }

    /// All of the rows.
    pub const fn all(self) -> u64 {
        self.reported + self.rewritten + self.skipped + self.drifted
    }

    /// Whether there are no rows.
    fn is_empty(&self) -> bool {
        self.all() == 0
    }

    /// Counts more rows.
    pub const fn add(&mut self, other: Self) {
        self.reported += other.reported;
        self.rewritten += other.rewritten;
        self.skipped += other.skipped;
        self.drifted += other.drifted;
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(in crate::report) const fn is_zero(count: &u64) -> bool {
    *count == 0
}
