//! The findings of one table, each with what a person needs to find the row and to understand it.

use std::io;

use console::{Alignment, Style, pad_str};
use indicatif::HumanCount;
use serde_json::{Map, Value};

use crate::domain::finding::Severity;
use crate::domain::reader::{Reading, Readings};
use crate::report::escape::{sanitise, sanitise_line};
use crate::report::model::{FindingReport, Mode, Report, RowOutcome, TableReport};
use crate::report::page::Page;
use crate::report::shortlist::{OF_EACH_TABLE, weight};
use crate::report::wording;

/// Where the text of a finding begins, behind its severity.
const INDENT: usize = 11;
/// A part of an identity that is longer than this is cut off; the JSON report has it whole.
const LONGEST_PART: usize = 72;

/// Writes the findings of a table that matter most, and how many more there are.
pub fn write(out: &mut dyn io::Write, report: &Report, table: &TableReport, page: &Page) -> io::Result<()> {
    if table.counts.flagged == 0 {
        return Ok(());
    }
    let mut findings: Vec<_> = report.findings.iter().filter(|finding| finding.table == table.table).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(weight(finding.outcome, finding.severity)));
    findings.truncate(usize::try_from(OF_EACH_TABLE).unwrap_or(usize::MAX));
    writeln!(out)?;
    let what = if report.mode == Mode::Undo { "Rows left in" } else { "Findings in" };
    writeln!(out, "{}", page.bold().apply_to(format!("{what} {}", table.table)))?;
    for finding in &findings {
        let row = if table.reader.is_some() { own(finding) } else { identity(finding) };
        one(out, report.mode, &row, finding, page)?;
    }
    let more = table.counts.flagged - findings.len() as u64;
    if more > 0 {
        let how = if report.findings_truncated {
            format!("--format json --max-findings {}", report.totals.flagged)
        } else {
            "--format json".to_owned()
        };
        let text = format!("… and {} more; {how} lists them", HumanCount(more));
        page.write(out, "  ", &page.dim(), &text)?;
    }
    Ok(())
}

fn one(out: &mut dyn io::Write, mode: Mode, row: &str, finding: &FindingReport, page: &Page) -> io::Result<()> {
    let severity = finding.severity.filter(|_| mode != Mode::Undo);
    let word = pad_str(severity.map_or("left", wording::severity), INDENT - 2, Alignment::Left, None);
    let lead = format!("  {}", severity_style(severity, page).apply_to(word));
    page.write(out, &lead, &page.plain(), row)?;
    let indent = " ".repeat(INDENT);
    if let (Some(kind), Some(message)) = (finding.kind, &finding.message) {
        page.write(out, &indent, &page.plain(), &format!("{kind}: {}", sanitise(message)))?;
    }
    let mut facts = Vec::new();
    facts.extend(finding.readers.map(readings));
    facts.extend(finding.identity.as_ref().map(|_| wording::bytes(finding.bytes)));
    facts.push(fate(mode, finding));
    page.write(out, &indent, &page.dim(), &facts.join(" · "))?;
    for (name, text) in [("value", &finding.value), ("rewrite", &finding.rewrite)] {
        if let Some(text) = text {
            let room = page.width() - INDENT - 9;
            writeln!(out, "{indent}{}{}", page.dim().apply_to(format!("{name:<9}")), sanitise_line(text, room))?;
        }
    }
    Ok(())
}

fn readings(readings: Readings) -> String {
    let each: Vec<_> = readings.each().map(|(name, of)| format!("{name} {}", reading(of))).collect();
    each.join(", ")
}

const fn reading(reading: Reading) -> &'static str {
    match reading {
        Reading::Ok => "ok",
        Reading::Altered => "altered",
        Reading::Error => "error",
    }
}

/// What happened to the row, or would.
fn fate(mode: Mode, finding: &FindingReport) -> String {
    let reason = finding.reason.map_or("it was left", |reason| reason.explain());
    match (finding.outcome, finding.action) {
        (RowOutcome::Reported, _) => "left as it is".to_owned(),
        (RowOutcome::Rewritten, action) if mode.only_reads() => format!("repair makes it {}", wording::made(action)),
        (RowOutcome::Rewritten, action) => format!("now {}", wording::made(action)),
        (RowOutcome::Skipped, _) if mode.only_reads() => format!("repair skips it: {reason}"),
        (RowOutcome::Skipped, _) => format!("skipped: {reason}"),
        (RowOutcome::Drifted, _) => format!("drifted: {reason}"),
    }
}

/// A row of a table that is none of Airflow's: its key, and what else its columns say.
fn own(finding: &FindingReport) -> String {
    let key = pairs(&finding.key);
    let others = finding.identity.iter().flatten().filter(|(name, _)| !finding.key.contains_key(*name));
    let others: Map<String, Value> = others.map(|(name, value)| (name.clone(), value.clone())).collect();
    if others.is_empty() { key } else { format!("{key} · {}", pairs(&others)) }
}

/// The row as a person names it: `dag/run/task[map_index] · key`, `asset 7 · key`, or its primary key where it is gone.
fn identity(finding: &FindingReport) -> String {
    let Some(identity) = &finding.identity else { return pairs(&finding.key) };
    let key = part(identity, "key").unwrap_or_default();
    if let Some(asset) = part(identity, "asset_id") {
        let writer = writer(identity).map(|writer| format!(" (last written by {writer})")).unwrap_or_default();
        return format!("asset {asset} · {key}{writer}");
    }
    match task(identity, "") {
        Some(task) => format!("{task} · {key}"),
        None => pairs(identity),
    }
}

/// Who wrote an asset's state last, where the table knows.
fn writer(identity: &Map<String, Value>) -> Option<String> {
    task(identity, "last_updated_by_").or_else(|| part(identity, "last_updated_by_kind"))
}

/// A task instance, from columns whose names begin with `prefix`. The index says something only where a task is mapped.
fn task(identity: &Map<String, Value>, prefix: &str) -> Option<String> {
    let column = |name: &str| part(identity, &format!("{prefix}{name}"));
    let path = format!("{}/{}/{}", column("dag_id")?, column("run_id")?, column("task_id")?);
    let index = column("map_index").filter(|index| index != "-1").map(|index| format!("[{index}]"));
    Some(path + &index.unwrap_or_default())
}

fn pairs(object: &Map<String, Value>) -> String {
    let pairs: Vec<_> =
        object.keys().map(|name| format!("{name} {}", part(object, name).unwrap_or_default())).collect();
    pairs.join(", ")
}

/// One column of a key or identity, fit to be shown.
fn part(object: &Map<String, Value>, column: &str) -> Option<String> {
    let text = match object.get(column)? {
        Value::String(text) => sanitise_line(text, LONGEST_PART),
        other => other.to_string(),
    };
    Some(text)
}

/// How a severity looks.
pub fn severity_style(severity: Option<Severity>, page: &Page) -> Style {
    page.style(match severity {
        Some(Severity::Error) => Style::new().red().bold(),
        Some(Severity::Warning) | None => Style::new().yellow(),
        Some(Severity::Notice) => Style::new().cyan(),
    })
}
