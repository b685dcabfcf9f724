//! Findings as they are found, one a line: for those who want every one of them, however many there are.
//!
//! Nothing is kept, so memory does not grow with the list. `docs/json-report.md` documents both forms.

use std::io;

use serde::Serialize;
use serde_json::Value;

use super::collect::finding;
use super::csv;
use super::model::{FindingReport, Report};
use crate::engine::events::{Event, Events};

/// How the lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A JSON object a line; the last one is the report, without the list.
    Ndjson,
    /// A record a line, behind a header; nothing else.
    Csv,
}

/// Writes findings while they are found.
pub struct Stream {
    lines: Lines,
    /// The first failure. Events cannot fail, so it waits for the end.
    failed: Option<io::Error>,
    findings: u64,
}

enum Lines {
    Ndjson(Box<dyn io::Write>),
    Csv(Box<csv::Writer>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'l> {
    Finding(&'l FindingReport),
    Report(Value),
}

impl Stream {
    /// Begins a list. With `values`, those that findings carry are part of it.
    pub fn begin(form: Form, out: Box<dyn io::Write>, values: bool) -> Self {
        match form {
            Form::Ndjson => Self { lines: Lines::Ndjson(out), failed: None, findings: 0 },
            Form::Csv => {
                let (writer, began) = csv::Writer::begin(out, values);
                Self { lines: Lines::Csv(Box::new(writer)), failed: began.err(), findings: 0 }
            }
        }
    }

    /// Writes one more finding.
    pub fn add(&mut self, finding: &FindingReport) {
        self.findings += 1;
        self.attempt(|lines| match lines {
            Lines::Ndjson(out) => line(out, &Line::Finding(finding)),
            Lines::Csv(csv) => csv.write(finding),
        });
    }

    /// Ends the list. `report` is about all of it, and its own list is left out.
    ///
    /// # Errors
    /// The first thing that the destination has said since the beginning.
    pub fn finish(mut self, report: &Report) -> io::Result<()> {
        let truncated = self.findings < report.totals.flagged;
        self.attempt(|lines| match lines {
            Lines::Ndjson(out) => line(out, &Line::Report(without_findings(report, truncated)?)),
            Lines::Csv(_) => Ok(()),
        });
        self.flush();
        self.failed.map_or(Ok(()), Err)
    }

    /// Writes all that a report lists, where no row was told of before.
    ///
    /// # Errors
    /// As [`Stream::finish`].
    pub fn write(mut self, report: &Report) -> io::Result<()> {
        report.findings.iter().for_each(|finding| self.add(finding));
        self.finish(report)
    }

    fn flush(&mut self) {
        self.attempt(|lines| match lines {
            Lines::Ndjson(out) => out.flush(),
            Lines::Csv(csv) => csv.flush(),
        });
    }

    fn attempt(&mut self, write: impl FnOnce(&mut Lines) -> io::Result<()>) {
        if self.failed.is_none() {
            self.failed = write(&mut self.lines).err();
        }
    }
}

impl Events for Stream {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Flagged { target, row } => self.add(&finding(target, row)),
            // Whoever reads along gets what a window or a chunk has given, and not a system call for each line.
            Event::Scanned { .. } | Event::PutBack { .. } => self.flush(),
            _ => {}
        }
    }
}

fn line(out: &mut dyn io::Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn without_findings(report: &Report, truncated: bool) -> io::Result<Value> {
    let mut report = serde_json::to_value(report)?;
    if let Value::Object(report) = &mut report {
        report.shift_remove("findings");
        report.insert("findings_truncated".to_owned(), Value::Bool(truncated));
    }
    Ok(report)
}
