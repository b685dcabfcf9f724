//! The rows of each kind in a table, as all forms list them that people read.

use super::model::{Mode, TableReport};
use super::wording::{fates, meaning};
use crate::domain::rules::Kinds;

/// What is called by the word for rows of no kind, which a rule takes nonetheless.
pub const READABLE: &str = Kinds::READABLE_NAME;
/// What these rows are.
pub const READABLE_MEANS: &str = "reads well; a rule takes it";

/// The rows of one kind.
pub struct KindRows {
    /// Empty for rows that read well.
    pub severity: &'static str,
    pub name: &'static str,
    pub rows: u64,
    /// What became of them, or would.
    pub outcome: String,
    pub meaning: &'static str,
}

/// What was found in a table, kind by kind; behind that, what reads well and is taken by a rule.
pub fn of(table: &TableReport, mode: Mode) -> Vec<KindRows> {
    let (counts, reader) = (&table.counts, table.reader.unwrap_or_default());
    let found = counts.findings.iter().map(|(kind, rows)| KindRows {
        severity: table.severity(*kind).name(),
        name: kind.name(),
        rows: *rows,
        outcome: fates(mode, counts.outcomes.get(kind).copied().unwrap_or_default()),
        meaning: meaning(*kind, reader),
    });
    let readable = (counts.readable.all() > 0).then(|| KindRows {
        severity: "",
        name: READABLE,
        rows: counts.readable.all(),
        outcome: fates(mode, counts.readable),
        meaning: READABLE_MEANS,
    });
    found.chain(readable).collect()
}
