//! The counts of one table, by kind.

use std::io;

use comfy_table::{CellAlignment, ColumnConstraint, Table, Width};
use console::Style;
use indicatif::HumanCount;

use super::findings::severity_style;
use crate::domain::finding::{Action, Severity};
use crate::report::carried;
use crate::report::escape::sanitise_line;
use crate::report::kinds::{self, KindRows};
use crate::report::model::{Mode, Report, RuleReport, TableReport};
use crate::report::page::Page;
use crate::report::wording::{bytes, changes, count, fates, outcome, undone};

/// How wide the first columns are at least, padding included, so that they stand below each other in all tables: the
/// longest severity, the longest kind, a number, a few words.
const WIDTHS: [u16; 4] = [10, 17, 7, 15];

/// Writes what was found and done in a table.
pub fn write(out: &mut dyn io::Write, report: &Report, table: &TableReport, page: &Page) -> io::Result<()> {
    let (counts, mode) = (&table.counts, report.mode);
    let summary = if mode == Mode::Undo {
        changes(counts.rewritten, undone(report), counts.skipped, counts.drifted)
    } else {
        let reader = table.reader.map(|reader| format!(", read by {}", reader.name())).unwrap_or_default();
        format!("{}, {}{reader}", count(counts.rows_scanned, "row"), bytes(counts.bytes_scanned))
    };
    let into = table.into.as_ref().map(|into| format!(" → {into}")).unwrap_or_default();
    let tables = format!("{}{into}", table.table);
    writeln!(out, "{}  {}", page.bold().apply_to(tables), page.dim().apply_to(summary))?;
    if mode == Mode::Undo {
        return Ok(());
    }
    if let Some(earlier) = table.earlier {
        let rows = HumanCount(earlier.rows_scanned);
        let (changed, word) =
            if mode.carries() { (earlier.carried, "carried") } else { (earlier.rewritten, "rewritten") };
        let changes = changes(changed, word, earlier.skipped, earlier.drifted);
        let text = format!("{rows} of these in earlier sittings of this run: {changes}");
        page.write(out, "  ", &page.dim(), &text)?;
    }
    if mode.carries() {
        page.write(out, "  ", &page.plain(), &carried::fates(mode, table))?;
    }
    let found = kinds::of(table, mode);
    if found.is_empty() && mode.carries() {
        return Ok(());
    }
    if found.is_empty() {
        return writeln!(out, "  {}", page.dim().apply_to("nothing to report"));
    }
    for (number, line) in kinds(mode, found, page).lines().enumerate() {
        let line = line.trim_end();
        let styled = if number == 0 { page.dim().apply_to(line).to_string() } else { colour_severity(line, page) };
        writeln!(out, "  {styled}")?;
    }
    Ok(())
}

fn kinds(mode: Mode, found: Vec<KindRows>, page: &Page) -> Table {
    let mut table = page.table(2);
    table.set_header(["severity", "kind", "rows", outcome(mode), "meaning"]);
    for KindRows { severity, name, rows, outcome, meaning } in found {
        table.add_row([severity, name, &HumanCount(rows).to_string(), &outcome, meaning]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        let last = index == WIDTHS.len();
        column.set_padding((0, if last { 0 } else { 2 }));
        if let Some(width) = WIDTHS.get(index) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(*width)));
        }
        if index == 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Writes what each rule took.
pub fn write_rules(out: &mut dyn io::Write, report: &Report, page: &Page) -> io::Result<()> {
    if report.rules.is_empty() {
        return Ok(());
    }
    let mut table = page.table(2);
    table.set_header(["rule", "action", "rows", outcome(report.mode)]);
    for RuleReport { rule, action, rows } in &report.rules {
        let outcome = fates(report.mode, *rows);
        let action = action.map_or("by kind", Action::name);
        table.add_row([&sanitise_line(rule, 40), action, &HumanCount(rows.all()).to_string(), &outcome]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index == 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    writeln!(out, "\n{}", page.bold().apply_to("Rules"))?;
    page.write_table(out, 2, &table)
}

/// Colours the severity at the beginning of a line. The table measures characters, so colours come afterwards.
fn colour_severity(line: &str, page: &Page) -> String {
    for level in Severity::ALL {
        let word = level.name();
        if let Some(rest) = line.strip_prefix(word) {
            let style: Style = severity_style(Some(level), page);
            return format!("{}{rest}", style.apply_to(word));
        }
    }
    line.to_owned()
}
