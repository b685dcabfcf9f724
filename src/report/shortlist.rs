//! Decides which findings are listed when there are more than the list may hold.

use super::model::{FindingReport, Report, RowOutcome, TableReport};
use crate::domain::finding::Severity;

/// So many findings of each table keep their place against those of other tables, so that a report shows some of each.
pub const OF_EACH_TABLE: u64 = 20;

/// A list of findings that never grows beyond a length.
///
/// Findings come in the order of the tables and keys and are listed in it. When the list is full, a finding that
/// matters more takes the place of the last one that matters least: what is new to a check before anything else, then
/// what a repair had to leave, then by severity.
#[derive(Debug)]
pub struct Shortlist {
    most: usize,
    kept: Vec<(usize, FindingReport)>,
    /// How many findings of each rank are kept.
    ranks: [usize; RANKS],
    dropped: bool,
}

const RANKS: usize = 32;

/// How much a finding matters to whoever reads a list of them; higher is more.
pub fn weight(outcome: RowOutcome, severity: Option<Severity>, new: bool) -> usize {
    let left = matches!(outcome, RowOutcome::Skipped | RowOutcome::Drifted);
    let severity = match severity {
        None => 0,
        Some(Severity::Notice) => 1,
        Some(Severity::Warning) => 2,
        Some(Severity::Error) => 3,
    };
    usize::from(new) * 8 + usize::from(left) * 4 + severity
}

/// The findings of a table that a person should see, those that matter most before the others.
pub fn most_important<'r>(report: &'r Report, table: &TableReport) -> Vec<&'r FindingReport> {
    let mut findings: Vec<_> = report.findings.iter().filter(|finding| finding.table == table.table).collect();
    findings
        .sort_by_key(|finding| std::cmp::Reverse(weight(finding.outcome, finding.severity, finding.new == Some(true))));
    findings.truncate(usize::try_from(OF_EACH_TABLE).unwrap_or(usize::MAX));
    findings
}

impl Shortlist {
    /// An empty list for at most this many findings.
    pub fn new(most: usize) -> Self {
        Self { most, kept: Vec::new(), ranks: [0; RANKS], dropped: false }
    }

    /// Offers a finding, which is made only if there is a place for it. `before` is how many findings of its table
    /// have been offered before it.
    pub fn offer(&mut self, weight: usize, before: u64, make: impl FnOnce() -> FindingReport) {
        let rank = weight + if before < OF_EACH_TABLE { RANKS / 2 } else { 0 };
        if self.kept.len() >= self.most {
            self.dropped = true;
            if !self.make_room(rank) {
                return;
            }
        }
        self.ranks[rank] += 1;
        self.kept.push((rank, make()));
    }

    /// Drops the last finding of the lowest rank if that is below the given one.
    fn make_room(&mut self, rank: usize) -> bool {
        let Some(lowest) = (0..rank).find(|&lower| self.ranks[lower] > 0) else { return false };
        let Some(place) = self.kept.iter().rposition(|(kept, _)| *kept == lowest) else { return false };
        self.kept.remove(place);
        self.ranks[lowest] -= 1;
        true
    }

    /// Forgets every finding whose row was not changed.
    pub fn keep_rewritten(&mut self) {
        self.kept.retain(|(_, finding)| finding.outcome == RowOutcome::Rewritten);
        self.ranks = [0; RANKS];
        for (rank, _) in &self.kept {
            self.ranks[*rank] += 1;
        }
    }

    /// The findings, and whether there were more.
    pub fn into_findings(self) -> (Vec<FindingReport>, bool) {
        (self.kept.into_iter().map(|(_, finding)| finding).collect(), self.dropped)
    }
}
