//! What a report counts of a carry besides what it counts of everything.

use serde::Serialize;

use crate::domain::repair::Reason;

/// What became of the rows of a carry, or would. Those that it mends on the way are
/// [`rewritten`](super::model::Counts::rewritten), too, and those that it leaves are
/// [`skipped`](super::model::Counts::skipped).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CarryCounts {
    /// Rows that were copied.
    pub carried: u64,
    /// Rows that stood in the released table as a carry writes them.
    pub present: u64,
    /// Of those that were left, the rows whose place is taken by another.
    pub already_there: u64,
    /// Of those that were left, the rows whose DAG run or asset does not exist.
    pub orphans: u64,
}

impl CarryCounts {
    /// Counts a row that was left.
    pub const fn leave(&mut self, reason: Reason) {
        self.already_there += reason.is_taken_name() as u64;
        self.orphans += matches!(reason, Reason::Orphan) as u64;
    }

    /// Adds the counts of another table.
    pub const fn add(&mut self, other: Self) {
        self.carried += other.carried;
        self.present += other.present;
        self.already_there += other.already_there;
        self.orphans += other.orphans;
    }
}
