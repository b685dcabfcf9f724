//! What is known of the worst rows together, each fact behind its name.

use std::io;

use console::Style;

use crate::report::circumstances::WrittenReport;
use crate::report::facts;
use crate::report::model::Report;
use crate::report::page::Page;

/// How many sources of each sort are told.
const TOLD: usize = 5;
/// A source with a longer name is cut off; the JSON report has it whole.
const LONGEST: usize = 40;

/// What stands for the share of the largest.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Writes the facts, where there are rows that are worth it.
pub fn write(out: &mut dyn io::Write, report: &Report, page: &Page) -> io::Result<()> {
    let Some(circumstances) = facts::worst(report) else { return Ok(()) };
    let mut heading = facts::rows(report, circumstances);
    heading[..1].make_ascii_uppercase();
    writeln!(out, "\n{}", page.bold().apply_to(heading))?;
    let mut fact = |name: &str, style: &Style, text: &str| {
        page.write(out, &format!("  {}", page.dim().apply_to(format!("{name:<9}"))), style, text)
    };
    for (sort, [_, called]) in facts::SORTS {
        if let Some(sources) = circumstances.sources.get(sort) {
            fact(called, &page.plain(), &facts::sources(report, sources, TOLD, LONGEST, str::to_owned))?;
        }
    }
    if let Some(written) = &circumstances.written {
        fact("written", &page.plain(), &facts::span(&written.first, &written.last))?;
        if let Some(bars) = bars(written, page.width() - 11) {
            fact("", &page.plain(), &bars)?;
        }
        fact("", &page.plain(), &facts::newest(report, written, LONGEST, str::to_owned))?;
        let style = if written.last_day > 0 { page.style(Style::new().yellow()) } else { page.plain() };
        fact("", &style, &facts::lately(written))?;
    }
    if let Some(expiry) = &circumstances.expiry {
        fact("expiry", &page.plain(), &facts::expiry(circumstances, expiry, |command| format!("`{command}`")))?;
    }
    match facts::hidden(&report.totals) {
        Some(hidden) => fact("hidden", &page.plain(), &hidden),
        None => Ok(()),
    }
}

/// How many rows were written when, a character for each hour, day or week: as many as there is room for, up to the
/// last. Nothing where there is only one.
fn bars(written: &WrittenReport, room: usize) -> Option<String> {
    let unit = format!("  by the {}", written.unit.name());
    let most = room.saturating_sub(unit.len());
    let buckets = &written.buckets[written.buckets.len().saturating_sub(most)..];
    let largest = buckets.iter().map(|bucket| bucket.rows).max().filter(|_| buckets.len() > 1)?;
    let step = |rows: u64| match rows {
        0 => ' ',
        _ => STEPS[usize::try_from((rows * 8).div_ceil(largest.max(1))).map_or(7, |step| step.clamp(1, 8) - 1)],
    };
    Some(buckets.iter().map(|bucket| step(bucket.rows)).collect::<String>() + &unit)
}
