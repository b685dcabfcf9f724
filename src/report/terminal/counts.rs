//! The counts of one table, by kind.

use std::io;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use console::Style;
use indicatif::HumanCount;

use super::findings::severity_style;
use crate::domain::finding::Severity;
use crate::report::model::{Fates, Mode, TableReport};
use crate::report::page::Page;
use crate::report::wording::{bytes, count, list, meaning, severity};

/// How wide the first columns are at least, padding included, so that they stand below each other in all tables: the
/// longest severity, the longest kind, a number, a few words.
const WIDTHS: [u16; 4] = [10, 17, 9, 14];

/// Writes what was found and done in a table.
pub fn write(out: &mut dyn io::Write, mode: Mode, table: &TableReport, page: &Page) -> io::Result<()> {
    let counts = &table.counts;
    let name = page.bold().apply_to(&table.table).to_string();
    let read = format!("{}, {}", count(counts.rows_scanned, "row"), bytes(counts.bytes_scanned));
    if mode == Mode::Undo {
        let done =
            done(Fates { rewritten: counts.rewritten, skipped: counts.skipped, drifted: counts.drifted, reported: 0 });
        return writeln!(out, "{name}  {}", page.dim().apply_to(done.replace("rewritten", "put back")));
    }
    writeln!(out, "{name}  {}", page.dim().apply_to(read))?;
    if let Some(earlier) = table.earlier {
        let done = done(Fates {
            rewritten: earlier.rewritten,
            skipped: earlier.skipped,
            drifted: earlier.drifted,
            reported: 0,
        });
        let text = format!("{} of these in earlier sittings of this run: {done}", HumanCount(earlier.rows_scanned));
        page.write(out, "  ", &page.dim(), &text)?;
    }
    if counts.findings.is_empty() {
        return writeln!(out, "  {}", page.dim().apply_to("nothing to report"));
    }
    for (number, line) in kinds(mode, table, page).lines().enumerate() {
        let line = line.trim_end();
        let styled = if number == 0 { page.dim().apply_to(line).to_string() } else { colour_severity(line, page) };
        writeln!(out, "  {styled}")?;
    }
    Ok(())
}

fn kinds(mode: Mode, report: &TableReport, page: &Page) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(page.width() - 2).unwrap_or(u16::MAX));
    let fate = if mode.only_reads() { "repair would" } else { "outcome" };
    table.set_header(["severity", "kind", "rows", fate, "meaning"]);
    for (kind, fates) in &report.counts.outcomes {
        let rows = report.counts.findings.get(kind).copied().unwrap_or_default();
        let fate = if mode.only_reads() { would(*fates) } else { done(*fates) };
        table.add_row([severity(kind.severity()), kind.name(), &HumanCount(rows).to_string(), &fate, meaning(*kind)]);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if let Some(width) = WIDTHS.get(index) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(*width)));
        }
        if index == 2 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// What a repair would do with rows of one kind: one word, or several with their numbers.
fn would(fates: Fates) -> String {
    let words = [("rewrite", fates.rewritten), ("skip", fates.skipped), ("leave", fates.drifted + fates.reported)];
    let words: Vec<_> = words.into_iter().filter(|(_, rows)| *rows > 0).collect();
    match words[..] {
        [(word, _)] => word.to_owned(),
        _ => list(&words.iter().map(|(word, rows)| format!("{word} {}", HumanCount(*rows))).collect::<Vec<_>>()),
    }
}

/// What was done with rows, with numbers.
fn done(fates: Fates) -> String {
    let words = [
        ("rewritten", fates.rewritten),
        ("skipped", fates.skipped),
        ("drifted", fates.drifted),
        ("left as it is", fates.reported),
    ];
    let done: Vec<_> = words
        .into_iter()
        .filter(|(_, rows)| *rows > 0)
        .map(|(word, rows)| format!("{} {word}", HumanCount(rows)))
        .collect();
    if done.is_empty() { "nothing changed".to_owned() } else { list(&done) }
}

/// Colours the severity at the beginning of a line. The table measures characters, so colours come afterwards.
fn colour_severity(line: &str, page: &Page) -> String {
    for level in [Severity::Error, Severity::Warning, Severity::Notice] {
        let word = severity(level);
        if let Some(rest) = line.strip_prefix(word) {
            let style: Style = severity_style(Some(level), page);
            return format!("{}{rest}", style.apply_to(word));
        }
    }
    line.to_owned()
}
