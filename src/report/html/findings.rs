//! The list of findings: as rows that anyone can read, and as data for the script that sorts and filters them.
//!
//! What a row says is decided here once. The page holds the rows that a report has unless it was asked for more, so
//! that the usual list is complete without a script; the data holds all of them, because a browser that lays out fifty
//! thousand rows is busy for a long time.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::domain::finding::Severity;
use crate::report::columns::Time;
use crate::report::escape::sanitise_line;
use crate::report::model::{FindingReport, Mode, Report};
use crate::report::rows::{self, Named, WHOLE};
use crate::report::sentences;
use crate::report::shortlist::{MAX_FINDINGS, by_importance};
use crate::report::wording::{bytes, count, when};

/// How many characters of a value are shown.
const VALUE: usize = 2_000;

/// The list.
pub struct Findings<'r> {
    pub heading: &'static str,
    pub outcome: &'static str,
    /// How many there are, and how many of them the page lists.
    pub summary: String,
    /// Whether the script knows more rows than the page shows.
    pub more: Option<String>,
    /// What occurs in the list, as far as that can be picked out: severities, the worst first, and kinds.
    pub severities: Vec<&'static str>,
    pub kinds: Vec<&'static str>,
    pub values: bool,
    /// Whether a check says which of them are new.
    pub news: bool,
    report: &'r Report,
    /// What matters most comes first.
    listed: Vec<&'r FindingReport>,
}

/// One row: what each of its parts says. Parts that it has not are empty.
#[derive(Debug, Serialize)]
pub struct Row<'r> {
    pub severity: &'static str,
    /// `new`, where a check has not met the row before.
    pub novelty: &'static str,
    pub table: &'r str,
    pub name: String,
    pub writer: String,
    pub kind: &'static str,
    pub message: &'r str,
    pub readers: String,
    pub written: String,
    pub expires: String,
    pub size: String,
    pub fate: String,
    pub value: String,
    pub rewrite: String,
    /// What the row is sorted by: seconds since 1970, and bytes.
    pub written_at: i64,
    pub bytes: u64,
}

impl<'r> Findings<'r> {
    pub fn new(report: &'r Report, outcome: &'static str) -> Self {
        let (listed, all) = (report.findings.len(), report.totals.flagged);
        let kinds: BTreeSet<_> = report.findings.iter().filter_map(|row| Some(row.kind?.name())).collect();
        let levels = report.findings.iter().map(|row| row.severity.filter(|_| report.mode != Mode::Undo));
        let severities: BTreeSet<_> = levels.map(Reverse).collect();
        let more = listed.saturating_sub(MAX_FINDINGS) as u64;
        Self {
            heading: sentences::listed(report.mode),
            outcome,
            summary: summary(listed as u64, all),
            more: (more > 0)
                .then(|| format!("{} more are in this file and take a script to be shown.", count(more, "row"))),
            severities: severities.into_iter().map(|Reverse(level)| level.map_or("left", Severity::name)).collect(),
            kinds: kinds.into_iter().collect(),
            values: report.findings.iter().any(|finding| finding.value.is_some()),
            news: report.findings.iter().any(|finding| finding.new.is_some()),
            report,
            listed: by_importance(report),
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// The rows that the page shows by itself.
    pub fn shown(&self) -> impl Iterator<Item = Row<'r>> {
        self.rows().take(MAX_FINDINGS)
    }

    /// All rows, as JSON that can stand inside of an element.
    pub const fn data(&self) -> Data<'_, 'r> {
        Data(self)
    }

    /// Each is made when it is written, and forgotten: texts of fifty thousand take more memory than all the rest.
    fn rows(&self) -> impl Iterator<Item = Row<'r>> {
        self.listed.iter().map(|finding| Row::new(self.report, finding))
    }
}

fn summary(listed: u64, all: u64) -> String {
    if listed == all {
        return format!("{}.", count(all, "row"));
    }
    let most = format!("--max-findings {all}");
    format!("The {} that matter most, of {}; {most} lists them all.", count(listed, "row"), count(all, "row"))
}

impl<'r> Row<'r> {
    fn new(report: &Report, finding: &'r FindingReport) -> Self {
        let (mode, named) = (report.mode, Named::of(report, finding));
        let value =
            |value: &Option<String>| value.as_deref().map(|value| sanitise_line(value, VALUE)).unwrap_or_default();
        Self {
            severity: finding.severity.filter(|_| mode != Mode::Undo).map_or("left", Severity::name),
            novelty: if finding.new == Some(true) { "new" } else { "" },
            table: finding.table,
            name: named.name(WHOLE),
            writer: named.writer(WHOLE).map(|writer| format!("last written by {writer}")).unwrap_or_default(),
            kind: finding.kind.map(crate::domain::finding::Kind::name).unwrap_or_default(),
            message: finding.message.as_deref().unwrap_or_default(),
            readers: finding.readers.map(rows::readings).unwrap_or_default(),
            written: finding.written_at.map(when).unwrap_or_default(),
            expires: finding.expires_at.map(expires).unwrap_or_default(),
            size: finding.identity.as_ref().map(|_| bytes(finding.bytes)).unwrap_or_default(),
            fate: rows::doing(mode, finding),
            value: value(&finding.value),
            rewrite: value(&finding.rewrite),
            written_at: finding.written_at.map_or(0, |Time(micros)| micros / 1_000_000),
            bytes: finding.bytes,
        }
    }
}

/// The date is near enough beside the time of a write.
fn expires(time: Time) -> String {
    format!("expires {}", when(time).split(' ').next().unwrap_or_default())
}

/// All rows.
pub struct Data<'f, 'r>(&'f Findings<'r>);

/// Nothing in it can end the element.
impl fmt::Display for Data<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (number, row) in self.0.rows().enumerate() {
            f.write_str(if number == 0 { "" } else { ",\n" })?;
            let row = serde_json::to_string(&row).map_err(|_| fmt::Error)?;
            f.write_str(&row.replace('<', "\\u003c"))?;
        }
        f.write_str("]")
    }
}
