//! How a check compares with the one before, and the trend.

use std::io;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use indicatif::HumanCount;

use crate::report::check::{CheckReport, TrendPoint, words};
use crate::report::escape::{sanitise, sanitise_line};
use crate::report::model::Report;
use crate::report::page::Page;
use crate::report::wording::moment;

/// How many checks of the trend are shown. The JSON report has them all.
const MOST: usize = 7;

/// Writes the comparison, where there is one.
pub fn write(out: &mut dyn io::Write, report: &Report, page: &Page) -> io::Result<()> {
    let Some(check) = &report.check else { return Ok(()) };
    if let Some(headline) = words::headline(check) {
        writeln!(out, "\n{}", page.bold().apply_to(headline))?;
        if let Some(text) = words::which_rows(report) {
            page.write(out, "  ", &page.dim(), &text)?;
        }
        for table in &report.tables {
            if let Some(facts) = table.check.as_ref().and_then(|compared| words::compared(check, compared)) {
                page.write(out, &format!("  {}  ", sanitise_line(&table.table, 40)), &page.plain(), &facts)?;
            }
        }
        for difference in &check.differences {
            page.write(out, "  ", &page.plain(), &sanitise(difference))?;
        }
    }
    trend(out, check, page)
}

/// The last checks, where there is more than this one.
fn trend(out: &mut dyn io::Write, check: &CheckReport, page: &Page) -> io::Result<()> {
    if check.trend.len() < 2 {
        return Ok(());
    }
    writeln!(out, "\n{}", page.bold().apply_to("Trend"))?;
    let shown = &check.trend[check.trend.len().saturating_sub(MOST)..];
    for (number, line) in rows(shown, page).lines().enumerate() {
        let style = if number == 0 { page.dim() } else { page.plain() };
        writeln!(out, "  {}", style.apply_to(line.trim_end()))?;
    }
    Ok(())
}

fn rows(points: &[TrendPoint], page: &Page) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(page.width() - 2).unwrap_or(u16::MAX));
    table.set_header(["check", "rows read", "errors", "warnings", "notices", "new", "gone"]);
    for point in points {
        let read = words::read(point.pass);
        let counts = [point.errors, point.warnings, point.notices, point.new, point.gone];
        let counts = counts.map(|rows| HumanCount(rows).to_string());
        table.add_row([moment(&point.at), read.to_owned()].into_iter().chain(counts));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index > 1 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
