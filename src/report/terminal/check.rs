//! How a check compares with the one before, and the trend.

use std::io;

use comfy_table::{CellAlignment, Table};
use console::{Alignment, measure_text_width, pad_str};
use indicatif::HumanCount;

use crate::report::check::{CheckReport, TrendPoint, words};
use crate::report::escape::{sanitise, sanitise_line};
use crate::report::model::{Report, TableReport};
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
        let compared = |table: &TableReport| {
            let facts = words::compared(check, table.check.as_ref()?)?;
            Some((sanitise_line(&table.table, 40), facts))
        };
        let compared: Vec<_> = report.tables.iter().filter_map(compared).collect();
        let width = compared.iter().map(|(name, _)| measure_text_width(name)).max().unwrap_or_default();
        for (name, facts) in compared {
            let lead = format!("  {}  ", pad_str(&name, width, Alignment::Left, None));
            page.write(out, &lead, &page.plain(), &facts)?;
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
    page.write_table(out, 2, &rows(shown, page))
}

fn rows(points: &[TrendPoint], page: &Page) -> Table {
    let mut table = page.table(2);
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
