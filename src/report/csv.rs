//! Findings as records of comma-separated values (RFC 4180), for spreadsheets.
//!
//! A spreadsheet takes a text for a formula that begins as one, and it may run programs or send what is beside it away.
//! So such a text gets an apostrophe in front, as people put one there. What acts on a terminal is shown as the escape
//! that Python would print, which also keeps each record on a line of its own.

use std::io;

use super::columns::Columns;
use super::escape::sanitise;
use super::model::FindingReport;
use super::rows::{WHOLE, readings, written_by};
use crate::domain::reader::Readings;
use crate::domain::target::Scalar;

/// What a finding says in a column.
type Cell = fn(&FindingReport) -> Option<String>;

/// The columns that every list has.
const COLUMNS: [(&str, Cell); 25] = [
    ("table", |finding| Some(harmless(finding.table))),
    ("dag_id", |finding| part(finding, "dag_id")),
    ("run_id", |finding| part(finding, "run_id")),
    ("task_id", |finding| part(finding, "task_id")),
    ("map_index", |finding| part(finding, "map_index")),
    ("asset_id", |finding| part(finding, "asset_id")),
    ("key", |finding| part(finding, "key")),
    ("written_by", |finding| written_by(finding.identity.as_ref(), WHOLE).as_deref().map(harmless)),
    ("written_at", |finding| finding.written_at.map(|time| time.to_string())),
    ("expires_at", |finding| finding.expires_at.map(|time| time.to_string())),
    ("severity", |finding| finding.severity.map(|level| level.name().to_owned())),
    ("kind", |finding| finding.kind.map(|kind| kind.name().to_owned())),
    ("api", |finding| of_reader(finding, "api")),
    ("worker", |finding| of_reader(finding, "worker")),
    ("own_reader", |finding| finding.readers.filter(|readers| matches!(readers, Readings::Own { .. })).map(readings)),
    ("message", |finding| finding.message.as_deref().map(harmless)),
    ("offset", |finding| finding.offset.map(|offset| offset.to_string())),
    ("bytes", |finding| Some(finding.bytes.to_string())),
    ("sha256", |finding| Some(hex::encode(finding.sha256))),
    ("action", |finding| Some(finding.action.name().to_owned())),
    ("outcome", |finding| name(&finding.outcome)),
    ("reason", |finding| finding.reason.as_ref().and_then(name)),
    ("new", |finding| finding.new.map(|new| new.to_string())),
    ("primary_key", |finding| Some(object(&finding.key))),
    ("identity", |finding| finding.identity.as_ref().map(object)),
];

/// The columns of lists with values.
const VALUES: [(&str, Cell); 2] = [
    ("value", |finding| finding.value.as_deref().map(harmless)),
    ("rewrite", |finding| finding.rewrite.as_deref().map(harmless)),
];

/// Writes records.
pub struct Writer {
    out: csv::Writer<Box<dyn io::Write>>,
    values: bool,
}

impl Writer {
    /// Writes the header, and says how that went.
    pub fn begin(out: Box<dyn io::Write>, values: bool) -> (Self, io::Result<()>) {
        let out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        let mut writer = Self { out, values };
        let header: Vec<&str> = writer.columns().map(|(name, _)| *name).collect();
        let began = writer.out.write_record(header).map_err(plain);
        (writer, began)
    }

    /// Writes one finding.
    pub fn write(&mut self, finding: &FindingReport) -> io::Result<()> {
        let record: Vec<String> = self.columns().map(|(_, cell)| cell(finding).unwrap_or_default()).collect();
        self.out.write_record(record).map_err(plain)
    }

    /// Hands over what was written so far.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn columns(&self) -> impl Iterator<Item = &'static (&'static str, Cell)> {
        COLUMNS.iter().chain(if self.values { &VALUES[..] } else { &[] })
    }
}

/// What the destination has said, as it said it: a broken pipe is to be known for one.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

/// The name of something that has one in JSON.
fn name(named: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(named).ok()?.as_str().map(str::to_owned)
}

/// What the identity says in a column. A number is never a formula.
fn part(finding: &FindingReport, column: &str) -> Option<String> {
    Some(match finding.identity.as_ref()?.get(column)? {
        Scalar::Text(text) => harmless(text),
        other => other.to_text()?,
    })
}

/// What a reader makes of the value.
fn of_reader(finding: &FindingReport, name: &str) -> Option<String> {
    let (_, of) = finding.readers?.each().find(|(reader, _)| *reader == name)?;
    Some(of.name().to_owned())
}

/// An object as JSON, which begins with a brace.
fn object(columns: &Columns) -> String {
    sanitise(&serde_json::to_string(columns).unwrap_or_default()).into_owned()
}

/// Text that stays text in a spreadsheet. Some take the wide forms of the signs for the signs, and look past spaces.
fn harmless(text: &str) -> String {
    let safe = sanitise(text);
    let begins_a_formula = safe.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if begins_a_formula { format!("'{safe}") } else { safe.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_made_text() {
        let cases = [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1", "'  =1"),
            ("\u{a0}=1", "'\u{a0}=1"),
            ("＝1", "'＝1"),
            ("\t=1", "\\t=1"),
            ("\r\n=1", "\\r\\n=1"),
            ("a=1", "a=1"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(harmless(text), expected);
        }
    }
}
