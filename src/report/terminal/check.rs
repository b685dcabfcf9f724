//! How a check compares with the one before, and the trend.

use std::io;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use indicatif::HumanCount;

use crate::report::check::{CheckReport, Comparison, PassKind, TableCheck, TrendPoint};
use crate::report::escape::{sanitise, sanitise_line};
use crate::report::model::{Report, TableReport};
use crate::report::page::Page;
use crate::report::wording::{either, list, moment};

/// How many checks of the trend are shown. The JSON report has them all.
const MOST: usize = 7;

/// Writes the comparison, where there is one.
pub fn write(out: &mut dyn io::Write, report: &Report, page: &Page) -> io::Result<()> {
    let Some(check) = &report.check else { return Ok(()) };
    if let Some(previous) = &check.previous_at {
        writeln!(out)?;
        let headline = format!("Compared with the check of {}", moment(previous));
        writeln!(out, "{}", page.bold().apply_to(headline))?;
        which_rows(out, report, page)?;
        for table in &report.tables {
            if let Some(compared) = &table.check {
                one(out, table, compared, previous, page)?;
            }
        }
        for difference in &check.differences {
            page.write(out, "  ", &page.plain(), &sanitise(difference))?;
        }
    }
    trend(out, check, page)
}

fn one(
    out: &mut dyn io::Write,
    table: &TableReport,
    compared: &TableCheck,
    previous: &str,
    page: &Page,
) -> io::Result<()> {
    // Where there is nothing to compare a table with, the differences say so.
    let Some(at) = &compared.previous_at else { return Ok(()) };
    let mut facts = in_words(&compared.rows);
    if at != previous {
        facts = format!("{facts}, since {}", moment(at));
    }
    let lead = format!("  {}  ", sanitise_line(&table.table, 40));
    page.write(out, &lead, &page.plain(), &facts)
}

/// Which rows were read, where that was not all of them.
fn which_rows(out: &mut dyn io::Write, report: &Report, page: &Page) -> io::Result<()> {
    let some = || report.tables.iter().filter_map(|table| table.check.as_ref()).filter(|check| check.since.is_some());
    let since = some().filter_map(|check| check.since.as_deref()).min();
    let full_at = some().map(|check| check.full_at.as_str()).min();
    let (Some(since), Some(full_at)) = (since, full_at) else { return Ok(()) };
    let (since, full_at) = (moment(since), moment(full_at));
    let text = format!(
        "Only rows written since {since}, and those found before, were read; the last check that read all began at \
         {full_at}."
    );
    page.write(out, "  ", &page.dim(), &text)
}

fn in_words(rows: &Comparison) -> String {
    let Comparison { new, changed, still, gone, gone_readable, gone_deleted, at_least, .. } = *rows;
    if at_least {
        let least = |rows, word| {
            if rows == 0 { format!("nothing {word}") } else { format!("at least {} {word}", HumanCount(rows)) }
        };
        let (new, gone) = (least(new, "new"), least(gone, "gone"));
        return format!("by the numbers {new} and {gone}; the last check had found too many to remember each");
    }
    let mut facts = vec![match (new, changed) {
        (0, _) => "nothing new".to_owned(),
        (_, 0) => format!("{} new", HumanCount(new)),
        _ => format!("{} new ({} in place of another bad value)", HumanCount(new), HumanCount(changed)),
    }];
    if still > 0 {
        facts.push(format!("{} still there", HumanCount(still)));
    }
    let mut ways = Vec::new();
    if gone_readable > 0 {
        ways.push(format!("{} {} well now", HumanCount(gone_readable), either(gone_readable, "reads", "read")));
    }
    if gone_deleted > 0 {
        ways.push(format!("{} deleted or expired", HumanCount(gone_deleted)));
    }
    if gone > 0 {
        facts.push(format!("{} gone ({})", HumanCount(gone), list(&ways)));
    }
    list(&facts)
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
        let read = match point.pass {
            PassKind::Full => "all",
            PassKind::Incremental => "some",
        };
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
