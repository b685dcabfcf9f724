//! How a check compares with the one before, and the trend.

use std::io;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::report::comparison::{Compared, TREND, compared, trend};
use crate::report::model::Report;
use crate::report::page::Page;

/// Writes the comparison, where there is one.
pub fn write(out: &mut dyn io::Write, report: &Report, page: &Page) -> io::Result<()> {
    if let Some(Compared { headline, read, tables, differences }) = compared(report) {
        writeln!(out, "\n{}", page.bold().apply_to(headline))?;
        if let Some(read) = read {
            page.write(out, "  ", &page.dim(), &read)?;
        }
        for (table, facts) in tables {
            page.write(out, &format!("  {table}  "), &page.plain(), &facts)?;
        }
        for difference in differences {
            page.write(out, "  ", &page.plain(), &difference)?;
        }
    }
    let checks = trend(report);
    if checks.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", page.bold().apply_to("Trend"))?;
    for (number, line) in set(checks, page).lines().enumerate() {
        let style = if number == 0 { page.dim() } else { page.plain() };
        writeln!(out, "  {}", style.apply_to(line.trim_end()))?;
    }
    Ok(())
}

fn set(checks: Vec<[String; TREND.len()]>, page: &Page) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(page.width() - 2).unwrap_or(u16::MAX));
    table.set_header(TREND);
    table.add_rows(checks);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if index > 1 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
