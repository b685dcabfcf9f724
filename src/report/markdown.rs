//! The report for a ticket or a pull request: GitHub's Markdown, short enough for a comment.
//!
//! What comes from the database stands in code spans, where it is no mark-up, no link and mentions nobody, and is
//! [escaped](super::escape) before.

use std::io;

use indicatif::HumanCount;

use super::carried;
use super::check::words;
use super::circumstances::CircumstancesReport;
use super::escape::{sanitise, sanitise_line};
use super::facts;
use super::kinds::{self, KindRows};
use super::model::{FindingReport, Mode, Report, RuleReport, TableReport};
use super::rows::{self, Named};
use super::sentences::{closing, listed, next, text_and_commands, verdict};
use super::shortlist::most_important;
use super::wording::{bytes, changes, count, fates, mode, moment, outcome, server, took, undone, when};
use crate::domain::finding::{Action, Severity};

/// How many sources of each sort are told.
const TOLD: usize = 10;
/// How many checks of the trend are shown.
const TREND: usize = 7;
/// What is longer is cut off.
const LONGEST: usize = 120;

/// Writes the report. `target` is what the user would type again to name this database.
///
/// # Errors
/// Whatever the destination says.
pub fn write(out: &mut dyn io::Write, report: &Report, target: &str) -> io::Result<()> {
    writeln!(out, "## {}\n\n{}", plain(&verdict(report)), subject(report))?;
    comparison(out, report)?;
    carried(out, report)?;
    if let Some(circumstances) = facts::worst(report) {
        together(out, report, circumstances)?;
    }
    for table in &report.tables {
        of_table(out, report, table)?;
    }
    rules(out, report)?;
    for table in &report.tables {
        findings(out, report, table)?;
    }
    if let Some(closing) = closing(report) {
        let part = |(text, is_command)| if is_command { code(text) } else { plain(text) };
        writeln!(out, "\n{}", text_and_commands(&closing).map(part).collect::<String>())?;
    }
    if let Some(next) = next(report) {
        writeln!(out, "\n{}\n\n```sh\n{}\n```", next.purpose, next.line(target))?;
    }
    Ok(())
}

fn subject(report: &Report) -> String {
    let database = &report.database;
    let shard = report.shard.map(|shard| format!("shard {shard} of ")).unwrap_or_default();
    let mut told = vec![format!("{} of {shard}{}", mode(report.mode), code(&sanitise(&database.url)))];
    told.push(plain(&server(database)));
    told.extend(database.airflow_revision.as_ref().map(|revision| format!("Airflow revision {}", code(revision))));
    told.extend(report.run_id.as_ref().map(|run| format!("run {}", code(run))));
    let took = took(report).map(|took| format!(", in {took}")).unwrap_or_default();
    told.push(format!("{}{took}", moment(&report.started_at)));
    told.join(" · ")
}

/// What went over of each table, or would.
fn carried(out: &mut dyn io::Write, report: &Report) -> io::Result<()> {
    if !report.mode.carries() || report.tables.is_empty() {
        return Ok(());
    }
    let columns = carried::columns(report.mode);
    writeln!(out, "\n| table | into | rows | {} |", columns.join(" | "))?;
    writeln!(out, "|---|---|--:|{}", "--:|".repeat(columns.len()))?;
    for table in &report.tables {
        let names = [&table.table, table.into.as_deref().unwrap_or_default()].map(|name| code(&sanitise(name)));
        let numbers = carried::numbers(&table.counts).map(|rows| HumanCount(rows).to_string());
        let rows = HumanCount(table.counts.rows_scanned);
        writeln!(out, "| {} | {rows} | {} |", names.join(" | "), numbers.join(" | "))?;
    }
    Ok(())
}

fn together(out: &mut dyn io::Write, report: &Report, circumstances: &CircumstancesReport) -> io::Result<()> {
    writeln!(out, "\n**About {}**\n", facts::rows(report, circumstances))?;
    for (sort, [_, called]) in facts::SORTS {
        if let Some(sources) = circumstances.sources.get(sort) {
            writeln!(out, "- {called}: {}", facts::sources(report, sources, TOLD, LONGEST, code))?;
        }
    }
    if let Some(written) = &circumstances.written {
        let (span, newest) =
            (facts::span(&written.first, &written.last), facts::newest(report, written, LONGEST, code));
        let mark = if written.last_day > 0 { "**" } else { "" };
        writeln!(out, "- written: {span}; {newest}; {mark}{}{mark}", facts::lately(written))?;
    }
    if let Some(expiry) = &circumstances.expiry {
        writeln!(out, "- expiry: {}", facts::expiry(circumstances, expiry, code))?;
    }
    match facts::hidden(&report.totals) {
        Some(hidden) => writeln!(out, "- hidden: {hidden}"),
        None => Ok(()),
    }
}

fn of_table(out: &mut dyn io::Write, report: &Report, table: &TableReport) -> io::Result<()> {
    let (counts, mode) = (&table.counts, report.mode);
    let name = code(&sanitise(&table.table));
    if mode == Mode::Undo {
        let changes = changes(counts.rewritten, undone(report), counts.skipped, counts.drifted);
        return writeln!(out, "\n### {name}\n\n{changes}");
    }
    let reader = table.reader.map(|reader| format!(", read by {}", reader.name())).unwrap_or_default();
    let read = format!("{}, {}{reader}", count(counts.rows_scanned, "row"), bytes(counts.bytes_scanned));
    writeln!(out, "\n### {name}\n\n{read}")?;
    let found = kinds::of(table, mode);
    if found.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| severity | kind | rows | {} | meaning |\n|---|---|--:|---|---|", outcome(mode))?;
    for KindRows { severity, name, rows, outcome, meaning } in found {
        writeln!(out, "| {severity} | `{name}` | {} | {outcome} | {meaning} |", HumanCount(rows))?;
    }
    Ok(())
}

fn rules(out: &mut dyn io::Write, report: &Report) -> io::Result<()> {
    if report.rules.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### Rules\n\n| rule | action | rows | {} |\n|---|---|--:|---|", outcome(report.mode))?;
    for RuleReport { rule, action, rows } in &report.rules {
        let outcome = fates(report.mode, *rows);
        let action = action.map_or("by kind", Action::name);
        writeln!(
            out,
            "| {} | {action} | {} | {outcome} |",
            cell(&sanitise_line(rule, LONGEST)),
            HumanCount(rows.all())
        )?;
    }
    Ok(())
}

fn comparison(out: &mut dyn io::Write, report: &Report) -> io::Result<()> {
    let Some(check) = &report.check else { return Ok(()) };
    if let Some(headline) = words::headline(check) {
        writeln!(out, "\n### {headline}\n")?;
        let compared = |table: &TableReport| {
            let facts = words::compared(check, table.check.as_ref()?)?;
            Some(format!("{}: {facts}", code(&sanitise(&table.table))))
        };
        let differences = check.differences.iter().map(|difference| plain(&sanitise(difference)));
        for text in report.tables.iter().filter_map(compared).chain(words::which_rows(report)).chain(differences) {
            writeln!(out, "- {text}")?;
        }
    }
    if check.trend.len() > 1 {
        writeln!(out, "\n| check | rows read | errors | warnings | notices | new | gone |")?;
        writeln!(out, "|---|---|--:|--:|--:|--:|--:|")?;
    }
    for point in check.trend.iter().skip(check.trend.len().saturating_sub(TREND)).filter(|_| check.trend.len() > 1) {
        let counts = [point.errors, point.warnings, point.notices, point.new, point.gone];
        let counts = counts.map(|rows| HumanCount(rows).to_string()).join(" | ");
        writeln!(out, "| {} | {} | {counts} |", moment(&point.at), words::read(point.pass))?;
    }
    Ok(())
}

fn findings(out: &mut dyn io::Write, report: &Report, table: &TableReport) -> io::Result<()> {
    let findings = most_important(report, table);
    if findings.is_empty() {
        return Ok(());
    }
    let outcome = outcome(report.mode);
    writeln!(out, "\n### {} in {}\n", listed(report.mode), code(&sanitise(&table.table)))?;
    let values = findings.iter().any(|finding| finding.value.is_some());
    let (head, rule) = if values { (" value |", "---|") } else { ("", "") };
    writeln!(out, "| severity | row | kind | message | written | size | {outcome} |{head}")?;
    writeln!(out, "|---|---|---|---|---|--:|---|{rule}")?;
    for finding in &findings {
        one(out, report, finding, values)?;
    }
    let more = table.counts.flagged - findings.len() as u64;
    if more > 0 {
        let how = if report.mode.only_reads() { "; `--format csv` lists them" } else { "" };
        writeln!(out, "\n… and {} more{how}", HumanCount(more))?;
    }
    Ok(())
}

fn one(out: &mut dyn io::Write, report: &Report, finding: &FindingReport, values: bool) -> io::Result<()> {
    let mode = report.mode;
    let level = finding.severity.filter(|_| mode != Mode::Undo).map_or("left", Severity::name);
    let new = if finding.new == Some(true) { ", new" } else { "" };
    let row = Named::of(report, finding).name_with_writer(LONGEST);
    let kind = finding.kind.map(|kind| format!("`{kind}`")).unwrap_or_default();
    let message = finding.message.as_deref().map(cell).unwrap_or_default();
    let written = finding.written_at.map(when).unwrap_or_default();
    // A row that is gone has no value.
    let size = finding.identity.as_ref().map(|_| bytes(finding.bytes)).unwrap_or_default();
    let fate = rows::doing(mode, finding);
    write!(out, "| {level}{new} | {} | {kind} | {message} | {written} | {size} | {} |", cell(&row), plain(&fate))?;
    if values {
        let value = finding.value.as_deref().map(|value| cell(&sanitise_line(value, LONGEST)));
        write!(out, " {} |", value.unwrap_or_default())?;
    }
    writeln!(out)
}

/// Our own words, which have few marks.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// A code span: longer fences than any run of backticks in it, and room where it begins or ends with one.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let at_end = |c: char| c == '`' || c == ' ';
    let room = if text.starts_with(at_end) || text.ends_with(at_end) { " " } else { "" };
    format!("{fence}{room}{text}{room}{fence}")
}

/// A code span in a cell of a table. Readers of Markdown do not agree on how a bar is escaped there, least of all
/// behind a backslash, so bars stand outside of the span.
fn cell(text: &str) -> String {
    let spans = text.split('|').map(|part| if part.is_empty() { String::new() } else { code(part) });
    spans.collect::<Vec<_>>().join("&#124;")
}

#[cfg(test)]
mod tests;
