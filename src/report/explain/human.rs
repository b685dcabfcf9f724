//! The page that a person reads about one value: what becomes of it, why, where, and what a repair would do.

use std::io;

use console::Style;

use super::excerpt::excerpt;
use super::{Explanation, LineBreak, Place, Rewrite};
use crate::domain::finding::{Action, Kind, Severity};
use crate::domain::json::MESSAGES_OF;
use crate::domain::reader::{Reader, Reading, Readings};
use crate::report::Page;
use crate::report::escape::{sanitise, sanitise_line};
use crate::report::wording;

/// Where facts begin, behind their names.
const INDENT: usize = 12;

/// Writes the human form of an explanation.
///
/// # Errors
/// Whatever the destination says.
pub fn write(out: &mut dyn io::Write, explanation: &Explanation<'_>, page: &Page) -> io::Result<()> {
    let verdict = &explanation.verdict;
    page.write(out, "", &severity_style(verdict.severity, page), headline(verdict.readers, verdict.severity))?;
    writeln!(out)?;
    for (name, fact) in facts(explanation) {
        if let Some(fact) = fact {
            page.write(out, &lead(name), &page.plain(), &sanitise(&fact))?;
        }
        // What stands at the place belongs below the place, not below what is done about it.
        if name == "where" {
            write_excerpt(out, explanation, page)?;
        }
    }
    if let Rewrite::Text(text) = &verdict.rewrite
        && explanation.value.is_some()
    {
        writeln!(out, "{}{}", lead("rewrite"), sanitise_line(text, page.width() - INDENT))?;
    }
    writeln!(out)?;
    page.write(out, "", &page.dim(), &judged(explanation))?;
    let release = explanation.limits.release;
    let rules = format!("Rules of Airflow {release} and later; messages of {MESSAGES_OF}.");
    page.write(out, "", &page.dim(), &rules)?;
    match withheld(explanation) {
        Some(what) => page.write(out, "", &page.dim(), &format!("--show-values shows {what}.")),
        None => Ok(()),
    }
}

fn lead(name: &str) -> String {
    format!("  {name:<width$}", width = INDENT - 2)
}

/// What becomes of the value, for whoever reads no further.
const fn headline(readers: Readings, severity: Option<Severity>) -> &'static str {
    let (api, worker) = readers.pair();
    match (api, worker, severity) {
        (Reading::Error, Reading::Error, _) => "Airflow cannot read this value.",
        (Reading::Ok, Reading::Error, _) => "A task cannot read this value; the REST API and the web UI can.",
        (_, Reading::Error, _) => "A task cannot read this value; the REST API and the web UI read something else.",
        (Reading::Error, ..) => "The REST API and the web UI cannot read this value.",
        (Reading::Altered, _, _) | (_, Reading::Altered, _) => "Airflow reads this value as something else.",
        (_, _, Some(Severity::Error | Severity::Warning)) => "Airflow reads this value as it is, with a warning.",
        (_, _, Some(Severity::Notice)) => "Airflow reads this value as it is, with a notice.",
        (_, _, None) => "Airflow reads this value as it is.",
    }
}

/// What is known, by name, in the order in which it is told.
fn facts(explanation: &Explanation<'_>) -> [(&'static str, Option<String>); 7] {
    let verdict = &explanation.verdict;
    let kind = Kind::ALL.iter().find(|kind| kind.name() == verdict.kind);
    let (of_api, of_worker) = verdict.readers.pair();
    [
        ("severity", verdict.severity.map(|severity| severity.name().to_owned())),
        ("kind", kind.map(|kind| format!("{kind}: {}", wording::meaning(*kind, Reader::Airflow)))),
        ("api", Some(api(of_api).to_owned())),
        ("worker", Some(worker(of_worker).to_owned())),
        ("message", verdict.message.clone()),
        ("where", explanation.place.map(|place| place_of(place, explanation.bytes))),
        ("repair", kind.map(|_| repair(explanation))),
    ]
}

const fn api(reading: Reading) -> &'static str {
    match reading {
        Reading::Ok => "ok: the REST API and the web UI show it",
        Reading::Altered => "altered: the REST API and the web UI show something else",
        Reading::Error => "error: the REST API and the web UI fail, and so do lists with it",
    }
}

const fn worker(reading: Reading) -> &'static str {
    match reading {
        Reading::Ok => "ok: a task gets it",
        Reading::Altered => "altered: a task gets something else",
        Reading::Error => "error: a task that asks for it fails",
    }
}

fn place_of(Place { offset, line, column }: Place, bytes: usize) -> String {
    let end = if offset == bytes { ", the end" } else { "" };
    format!("byte {offset} of {bytes}{end} (line {line}, column {column})")
}

fn repair(explanation: &Explanation<'_>) -> String {
    let verdict = &explanation.verdict;
    let name = verdict.action.name();
    let bytes = verdict.rewrite.bytes().map_or(0, |bytes| bytes as u64);
    match (verdict.action, explanation.left) {
        (_, Some(reason)) => format!("{name}: leaves it, because {}", reason.explain()),
        (Action::String, None) => {
            format!("{name}: makes it the JSON string of its own text, {}", wording::count(bytes, "byte"))
        }
        (_, None) if matches!(verdict.rewrite, Rewrite::Nothing) => format!("{name}: leaves it as it is"),
        (action, None) => format!("{name}: makes it {}, {}", wording::made(action), wording::count(bytes, "byte")),
    }
}

fn write_excerpt(out: &mut dyn io::Write, explanation: &Explanation<'_>, page: &Page) -> io::Result<()> {
    let (Some(value), Some(place)) = (explanation.value, explanation.place) else { return Ok(()) };
    let Some(excerpt) = excerpt(value, place.offset, page.width() - INDENT) else { return Ok(()) };
    writeln!(out, "{:INDENT$}{}", "", excerpt.text)?;
    let style = severity_style(explanation.verdict.severity, page);
    let marks = "^".repeat(excerpt.marked);
    writeln!(out, "{:indent$}{}", "", style.apply_to(marks), indent = INDENT + excerpt.before)
}

/// What there is to see for who may see it.
const fn withheld(explanation: &Explanation<'_>) -> Option<&'static str> {
    match (explanation.value, explanation.place, &explanation.verdict.rewrite) {
        (None, Some(_), Rewrite::Withheld(_)) => Some("the place, and what a repair would write"),
        (None, Some(_), _) => Some("the place"),
        _ => None,
    }
}

/// How much was judged, so that nobody wonders about a line break.
fn judged(explanation: &Explanation<'_>) -> String {
    let bytes = wording::count(explanation.bytes as u64, "byte");
    match explanation.line_break {
        LineBreak::Absent => format!("Judged: {bytes}."),
        LineBreak::LeftOff => {
            format!("Judged: {bytes}, without the line break at the end; --keep-newline keeps it.")
        }
        LineBreak::Kept => format!("Judged: {bytes}, with the line break at the end."),
    }
}

fn severity_style(severity: Option<Severity>, page: &Page) -> Style {
    let style = Style::new().bold();
    page.style(match severity {
        Some(Severity::Error) => style.red(),
        Some(Severity::Warning) => style.yellow(),
        Some(Severity::Notice) => style.cyan(),
        None => style.green(),
    })
}
