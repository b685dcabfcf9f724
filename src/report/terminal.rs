//! The report as a person reads it on a terminal: the verdict, the counts, the findings, what was done, what to do.
//!
//! Lines stay within 100 columns and are legible at 80. Everything that comes from the database goes through
//! [`escape`](super::escape) first, values are shown only where the report holds them, and the list is kept short
//! enough to look at: the JSON report has the long one.

use std::io;

use console::Style;

use super::escape::sanitise;
use super::model::Report;
use super::page::Page;
use super::sentences::{self, Tone};
use super::wording::{mode, server, took};

mod census;
mod check;
mod counts;
mod facts;
mod findings;

/// Writes the human form of a report.
///
/// `target` is what the user would type again to name this database, such as `--url sqlite:////srv/airflow.db`, without
/// a password; empty where Airflow's own configuration named it. It ends the command that the report proposes. Without
/// it, nothing is proposed: a plan that is shown before the question needs no next step.
///
/// # Errors
/// Whatever the destination says.
pub fn write(out: &mut dyn io::Write, report: &Report, page: &Page, target: Option<&str>) -> io::Result<()> {
    page.write(out, "", &verdict_style(report, page), &sentences::verdict(report))?;
    for line in subject(report) {
        page.write(out, "", &page.dim(), &line)?;
    }
    for table in &report.tables {
        writeln!(out)?;
        counts::write(out, report, table, page)?;
    }
    facts::write(out, report, page)?;
    counts::write_rules(out, report, page)?;
    check::write(out, report, page)?;
    census::write(out, report, page)?;
    for table in &report.tables {
        findings::write(out, report, table, page)?;
    }
    if let Some(closing) = sentences::closing(report) {
        writeln!(out)?;
        page.write(out, "", &page.plain(), &closing)?;
    }
    if let (Some(target), Some(next)) = (target, sentences::next(report)) {
        writeln!(out)?;
        writeln!(out, "{}", next.purpose)?;
        // Never broken into lines: it is there to be copied.
        writeln!(out, "  {}", page.bold().apply_to(next.line(target)))?;
    }
    Ok(())
}

fn verdict_style(report: &Report, page: &Page) -> Style {
    let style = Style::new().bold();
    page.style(match Tone::of(report) {
        Tone::Bad => style.red(),
        Tone::Mixed => style.yellow(),
        Tone::Good => style.green(),
    })
}

/// What the report is about: the database, and what it runs.
fn subject(report: &Report) -> [String; 2] {
    let database = &report.database;
    let run = report.run_id.as_ref().map(|run| format!(", run {run}")).unwrap_or_default();
    let took = took(report).map(|took| format!(" in {took}")).unwrap_or_default();
    let shard = report.shard.map(|shard| format!("shard {shard} of ")).unwrap_or_default();
    let what = format!("{} of {shard}{}{took}{run}", mode(report.mode), database.url);
    let revision = database.airflow_revision.as_ref().map(|revision| format!(", Airflow revision {revision}"));
    [what, server(database) + &revision.unwrap_or_default()].map(|line| sanitise(&line).into_owned())
}

#[cfg(test)]
mod tests;
