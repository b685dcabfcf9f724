//! The findings of one table, each with what a person needs to find the row and to understand it.

use std::io;

use console::{Alignment, Style, pad_str};
use indicatif::HumanCount;

use crate::domain::finding::Severity;
use crate::report::escape::{sanitise, sanitise_line};
use crate::report::model::{FindingReport, Mode, Report, TableReport};
use crate::report::page::Page;
use crate::report::rows::{self, Named};
use crate::report::sentences::listed;
use crate::report::shortlist::most_important;
use crate::report::wording;

/// Where the text of a finding begins, behind its severity.
const INDENT: usize = 11;
/// A part of an identity that is longer than this is cut off; the JSON report has it whole.
const LONGEST_PART: usize = 72;

/// Writes the findings of a table that matter most, and how many more there are.
pub fn write(out: &mut dyn io::Write, report: &Report, table: &TableReport, page: &Page) -> io::Result<()> {
    if table.counts.flagged == 0 || report.shown_of_each_table == 0 {
        return Ok(());
    }
    let findings = most_important(report, table);
    writeln!(out)?;
    writeln!(out, "{}", page.bold().apply_to(format!("{} in {}", listed(report.mode), table.table)))?;
    for finding in &findings {
        let row = Named::of(report, finding).name_with_writer(LONGEST_PART);
        one(out, report.mode, &row, finding, page)?;
    }
    let more = table.counts.flagged - findings.len() as u64;
    if more > 0 {
        let how = match report.findings_truncated {
            // What was changed is not found again by whoever asks again.
            _ if !report.mode.only_reads() => String::new(),
            true => format!("; --format json --max-findings {} lists them", report.totals.flagged),
            false => "; --format json lists them".to_owned(),
        };
        let text = format!("… and {} more{how}", HumanCount(more));
        page.write(out, "  ", &page.dim(), &text)?;
    }
    Ok(())
}

fn one(out: &mut dyn io::Write, mode: Mode, row: &str, finding: &FindingReport, page: &Page) -> io::Result<()> {
    let severity = finding.severity.filter(|_| mode != Mode::Undo);
    let word = pad_str(severity.map_or("left", Severity::name), INDENT - 2, Alignment::Left, None);
    let lead = format!("  {}", severity_style(severity, page).apply_to(word));
    page.write(out, &lead, &page.plain(), row)?;
    let indent = " ".repeat(INDENT);
    if let (Some(kind), Some(message)) = (finding.kind, &finding.message) {
        page.write(out, &indent, &page.plain(), &format!("{kind}: {}", sanitise(message)))?;
    }
    let mut facts = Vec::new();
    facts.extend((finding.new == Some(true)).then(|| "new".to_owned()));
    facts.extend(finding.readers.map(rows::readings));
    facts.extend(finding.identity.as_ref().map(|_| wording::bytes(finding.bytes)));
    facts.push(rows::fate(mode, finding));
    page.write(out, &indent, &page.dim(), &facts.join(" · "))?;
    for (name, text) in [("value", &finding.value), ("rewrite", &finding.rewrite)] {
        if let Some(text) = text {
            let room = page.width() - INDENT - 9;
            writeln!(out, "{indent}{}{}", page.dim().apply_to(format!("{name:<9}")), sanitise_line(text, room))?;
        }
    }
    Ok(())
}

/// How a severity looks.
pub fn severity_style(severity: Option<Severity>, page: &Page) -> Style {
    page.style(match severity {
        Some(Severity::Error) => Style::new().red().bold(),
        Some(Severity::Warning) | None => Style::new().yellow(),
        Some(Severity::Notice) => Style::new().cyan(),
    })
}
