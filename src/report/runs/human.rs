//! Runs as people read them: all of them in a table, or one with its details.

use std::io;

use comfy_table::{CellAlignment, ColumnConstraint};
use console::Style;
use indicatif::HumanCount;

use super::{RunReport, RunTable, RunsReport, left};
use crate::domain::run::{RunMode, RunState};
use crate::report::escape::sanitise_line;
use crate::report::page::Page;
use crate::report::sentences::Next;
use crate::report::wording::{bytes, count, moment};

/// Writes a table of runs for people: runs that share their work stand together below one line on all of them.
///
/// # Errors
/// Whatever the destination says.
pub fn write_list(out: &mut dyn io::Write, report: &RunsReport, page: &Page) -> io::Result<()> {
    if report.runs.is_empty() {
        return writeln!(out, "The journal knows no runs yet.");
    }
    let mut table = page.table(0);
    table.set_header(["run", "mode", "state", "changed", "left", "by"]);
    let number = |rows: u64| HumanCount(rows).to_string();
    for (shared, runs) in report.together() {
        if let Some(shared) = shared {
            let (changed, left) = (number(shared.changed()), number(left(shared.totals)));
            let (name, mode) = (count(shared.shards.into(), "shard"), shared.mode.name().to_owned());
            table.add_row([name, mode, shared.state(), changed, left, String::new()]);
        }
        let indent = if shared.is_some() { "  " } else { "" };
        for run in runs {
            let (changed, left) = (number(run.changed()), number(left(run.totals)));
            let id = indent.to_owned() + &sanitise_line(&run.run_id, 40);
            table.add_row([id, run.mode.of(run.shard), run.state_word().to_owned(), changed, left, run.who(40)]);
        }
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index < 5 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        if (3..5).contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    page.write_table(out, 0, &table)
}

/// Writes one run with its details for people. `target` is what names the database on the command line, as for
/// [`terminal::write`](crate::report::terminal::write).
///
/// # Errors
/// Whatever the destination says.
pub fn write_details(out: &mut dyn io::Write, run: &RunReport, page: &Page, target: &str) -> io::Result<()> {
    let id = sanitise_line(&run.run_id, 40);
    let headline = format!("Run {id} ({}) {}.", run.mode.name(), sanitise_line(&run.state_sentence(), 80));
    page.write(out, "", &headline_style(run, page), &headline)?;
    writeln!(out)?;
    let facts = [
        ("shard", run.shard.map(|shard| format!("{shard}, a part of the rows"))),
        ("undoes", run.undoes.as_ref().map(|run| sanitise_line(run, 40))),
        ("started", Some(moment(&run.started_at))),
        ("last sign", (run.state == RunState::Running).then(|| moment(&run.heartbeat_at))),
        ("finished", run.finished_at.as_deref().map(moment)),
        ("by", Some(run.who(page.width() - 14))),
        ("with", Some(format!("statemend {}", sanitise_line(&run.tool_version, 40)))),
        ("purged", run.purged_at.as_deref().map(|at| format!("{}; the old values are gone", moment(at)))),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            page.write(out, &format!("  {name:<12}"), &page.plain(), &fact)?;
        }
    }
    for table in &run.tables {
        writeln!(out)?;
        write_table(out, run, table, page)?;
    }
    if run.can_be_undone() {
        let what = if run.mode == RunMode::Carry { "take the rows out again" } else { "put the old values back" };
        writeln!(out, "\nTo {what}:")?;
        let undo = Next { purpose: "", command: format!("undo {id}") };
        writeln!(out, "  {}", page.bold().apply_to(undo.line(target)))?;
    }
    Ok(())
}

fn write_table(out: &mut dyn io::Write, run: &RunReport, table: &RunTable, page: &Page) -> io::Result<()> {
    let target = table.target.as_ref().map(|target| format!("  {}, read by {}", target.value, target.reader.name()));
    let target = sanitise_line(&target.unwrap_or_default(), 100);
    let name = page.bold().apply_to(sanitise_line(&table.table, 64)).to_string();
    writeln!(out, "{name}{}", page.dim().apply_to(target))?;
    let tally = table.tally;
    let mut facts = Vec::new();
    if run.mode != RunMode::Undo {
        facts.push(format!("{} scanned ({})", count(tally.rows_scanned, "row"), bytes(tally.bytes_scanned)));
    }
    let rewritten = match run.mode {
        RunMode::Undo if run.removes => "taken out",
        RunMode::Undo => "put back",
        RunMode::Carry => "of them mended",
        RunMode::Repair => "rewritten",
    };
    if run.mode == RunMode::Carry {
        facts.push(format!("{} carried", HumanCount(tally.carried)));
    }
    for (word, rows) in [(rewritten, tally.rewritten), ("skipped", tally.skipped), ("drifted", tally.drifted)] {
        facts.push(format!("{} {word}", HumanCount(rows)));
    }
    page.write(out, "  ", &page.plain(), &facts.join(", "))
}

fn headline_style(run: &RunReport, page: &Page) -> Style {
    let style = Style::new().bold();
    page.style(match run.state {
        RunState::Done => style.green(),
        RunState::Running | RunState::Interrupted => style.yellow(),
        RunState::Undone => style,
    })
}
