//! The census: the keys that hold values of several types, and the moment of the move to JSON.

use std::io;

use comfy_table::Table;
use indicatif::HumanCount;

use crate::report::census::{CensusReport, KeyReport};
use crate::report::escape::sanitise_line;
use crate::report::facts;
use crate::report::model::Report;
use crate::report::page::Page;
use crate::report::wording::{list, moment};

/// How many keys are shown. The JSON report has them all.
const MOST: usize = 20;

/// Writes what a census has shown, where one was taken.
pub fn write(out: &mut dyn io::Write, report: &Report, page: &Page) -> io::Result<()> {
    for table in &report.tables {
        if let Some(census) = &table.census {
            writeln!(out)?;
            of_table(out, &table.table, census, page)?;
        }
    }
    let Some(before) = &report.legacy_before else { return Ok(()) };
    writeln!(out)?;
    let text = format!(
        "The rows agree on one moment at which values began to be stored as JSON. What parses and was written before \
         was a string: --legacy-before {before}"
    );
    page.write(out, "", &page.plain(), &text)
}

fn of_table(out: &mut dyn io::Write, name: &str, census: &CensusReport, page: &Page) -> io::Result<()> {
    let mixed: Vec<&KeyReport> = census.keys.iter().filter(|key| key.mixed).collect();
    let summary = page.dim().apply_to(facts::census(census));
    writeln!(out, "{}  {summary}", page.bold().apply_to(format!("Census of {name}")))?;
    for line in rows(&mixed, page).lines() {
        writeln!(out, "  {}", line.trim_end())?;
    }
    if mixed.len() > MOST {
        let more = format!("and {} more; --format json lists all", HumanCount((mixed.len() - MOST) as u64));
        page.write(out, "  ", &page.dim(), &more)?;
    }
    Ok(())
}

fn rows(mixed: &[&KeyReport], page: &Page) -> Table {
    let mut table = page.table(2);
    for key in mixed.iter().take(MOST) {
        let types: Vec<String> =
            key.types.iter().map(|(holds, seen)| format!("{} {}", HumanCount(seen.rows), holds.name())).collect();
        let since = key.changed.as_ref().map(|changed| format!("strings since {}", moment(&changed.until)));
        table.add_row([sanitise_line(&key.key, 40), list(&types), since.unwrap_or_default()]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}
