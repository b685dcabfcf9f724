//! Decides which findings are listed when there are more than the list may hold.

use std::cmp::Reverse;

use super::model::{FindingReport, Report, RowOutcome, TableReport};
use crate::domain::finding::Severity;

/// So many findings of each table keep their place against those of other tables, and so many of each do those forms show
/// that people read from top to bottom.
const OF_EACH_TABLE: usize = 20;
/// All that keep their place so are no more than this part of the list: a short one is for what matters most.
const FOR_ALL_TABLES: usize = 10;

/// How many findings a report lists unless someone asks for more or fewer.
pub const MAX_FINDINGS: usize = 1000;

/// How many findings are enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// That a report lists.
    pub listed: usize,
    /// Of each table, in those forms that people read from top to bottom.
    pub shown: usize,
}

impl Most {
    /// As many as someone has asked for, in every form.
    pub const fn of(findings: usize) -> Self {
        Self { listed: findings, shown: findings }
    }
}

impl Default for Most {
    fn default() -> Self {
        Self { listed: MAX_FINDINGS, shown: OF_EACH_TABLE }
    }
}

/// A list of findings that never grows beyond a length.
///
/// Findings come in the order of the tables and keys and are listed in it. When the list is full, a finding that
/// matters more takes the place of the last one that matters least: what is new to a check before anything else, then
/// some of each table, then what a repair had to leave, then by severity.
#[derive(Debug)]
pub struct Shortlist {
    most: usize,
    tables: Vec<Table>,
    kept: usize,
    /// How many have been offered so far.
    offered: u64,
    dropped: bool,
}

/// The findings of one table by weight, each with its place in the order in which they came.
#[derive(Debug)]
struct Table {
    name: &'static str,
    kept: usize,
    weights: [Vec<(u64, Box<FindingReport>)>; WEIGHTS],
}

/// One more than the largest weight, which is that of an error that is new and was left.
const WEIGHTS: usize = 16;
/// What is new weighs at least so much.
const NEW: usize = 8;

/// How much a finding matters to whoever reads a list of them; higher is more.
pub fn weight(outcome: RowOutcome, severity: Option<Severity>, new: bool) -> usize {
    let severity = match severity {
        None => 0,
        Some(Severity::Notice) => 1,
        Some(Severity::Warning) => 2,
        Some(Severity::Error) => 3,
    };
    usize::from(new) * NEW + usize::from(outcome.is_left()) * 4 + severity
}

/// All findings that are listed, those that matter most before the others.
pub fn by_importance(report: &Report) -> Vec<&FindingReport> {
    let mut findings: Vec<&FindingReport> = report.findings.iter().map(Box::as_ref).collect();
    findings.sort_by_key(|finding| Reverse(weight(finding.outcome, finding.severity, finding.new == Some(true))));
    findings
}

/// The findings of a table that a person should see, those that matter most before the others: the first of them, and of a
/// run that changed rows every one that it left, since nobody may find it again.
pub fn most_important<'r>(report: &'r Report, table: &TableReport) -> Vec<&'r FindingReport> {
    let is_left = |finding: &&FindingReport| !report.mode.only_reads() && finding.outcome.is_left();
    let mut of_table = by_importance(report);
    of_table.retain(|finding| finding.table == table.table);
    let left = of_table.iter().copied().filter(is_left).count();
    of_table.truncate(left.max(report.shown_of_each_table));
    of_table
}

impl Shortlist {
    /// An empty list for at most this many findings.
    pub const fn new(most: usize) -> Self {
        Self { most, tables: Vec::new(), kept: 0, offered: 0, dropped: false }
    }

    /// Offers a finding of a table, which is made only if there is a place for it.
    pub fn offer(&mut self, table: &'static str, weight: usize, make: impl FnOnce() -> FindingReport) {
        let table = self.place(table);
        let full = self.kept >= self.most;
        self.dropped |= full;
        if !full || self.make_room(table, weight) {
            self.tables[table].weights[weight].push((self.offered, Box::new(make())));
            self.tables[table].kept += 1;
            self.kept += 1;
        }
        self.offered += 1;
    }

    fn place(&mut self, name: &'static str) -> usize {
        self.tables.iter().position(|table| table.name == name).unwrap_or_else(|| {
            self.tables.push(Table { name, kept: 0, weights: Default::default() });
            self.tables.len() - 1
        })
    }

    /// Drops the finding that matters least, unless that is the one that wants to come in.
    fn make_room(&mut self, table: usize, weight: usize) -> bool {
        let share = OF_EACH_TABLE.min(self.most / FOR_ALL_TABLES / self.tables.len());
        let comer = Reverse(self.offered);
        let least = |(place, of): (usize, &Table)| {
            let comes = (place == table).then_some((weight, comer));
            let (weight, number) = of.least().into_iter().chain(comes).min()?;
            let keeps_its_place = of.kept + usize::from(comes.is_some()) <= share;
            Some((Rank { new: weight >= NEW, keeps_its_place, weight, number }, place))
        };
        match self.tables.iter().enumerate().filter_map(least).min() {
            Some((Rank { weight, number, .. }, place)) if number != comer => {
                self.tables[place].weights[weight].pop();
                self.tables[place].kept -= 1;
                self.kept -= 1;
                true
            }
            _ => false,
        }
    }

    /// Forgets every finding whose row was not changed.
    pub fn keep_rewritten(&mut self) {
        for table in &mut self.tables {
            for findings in &mut table.weights {
                findings.retain(|(_, finding)| finding.outcome == RowOutcome::Rewritten);
            }
            table.kept = table.weights.iter().map(Vec::len).sum();
        }
        self.kept = self.tables.iter().map(|table| table.kept).sum();
    }

    /// The findings, and whether there were more.
    #[expect(clippy::vec_box, reason = "very many are moved about, and they are large")]
    pub fn into_findings(self) -> (Vec<Box<FindingReport>>, bool) {
        let mut kept: Vec<_> = self.tables.into_iter().flat_map(|table| table.weights).flatten().collect();
        kept.sort_unstable_by_key(|(number, _)| *number);
        (kept.into_iter().map(|(_, finding)| finding).collect(), self.dropped)
    }
}

/// What goes first when there is too much: the lowest rank.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    new: bool,
    keeps_its_place: bool,
    weight: usize,
    number: Reverse<u64>,
}

impl Table {
    /// The last of the findings that matter least: its weight and its number.
    fn least(&self) -> Option<(usize, Reverse<u64>)> {
        let last = |(weight, findings): (usize, &Vec<(u64, Box<FindingReport>)>)| {
            findings.last().map(|(number, _)| (weight, Reverse(*number)))
        };
        self.weights.iter().enumerate().find_map(last)
    }
}
