//! The report as a page for a browser: one file, which loads nothing and needs no script to be read.
//!
//! This module says what stands where; `html/page.html` is the page, `html/page.css` how it looks, `html/page.js` what
//! sorts and filters the list. Everything that comes from the database goes through [`escape`](super::escape) here, and
//! the template engine escapes every text that it puts into the page. Should something slip through all the same, the
//! page's own policy allows no style and no script but those two, by their digests, and no address to load from.

use std::io;

use askama::Template;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use indicatif::HumanCount;
use sha2::{Digest as _, Sha256};

use super::carried;
use super::carry::CarryCounts;
use super::escape::sanitise;
use super::model::{Counts, Mode, Report};
use super::sentences::{Tone, closing, judgement, news, next, text_and_commands};
use super::wording::{bytes, count, either, mode, moment, server, took};

mod charts;
mod findings;
mod sections;

use charts::Part;
use findings::Findings;
use sections::{Census, Check, Group, Kind, RuleRow, TableRow};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// What the page is filled with. All texts are fit to be shown, and not yet escaped for HTML.
#[derive(Template)]
#[template(path = "html/page.html")]
struct Page<'r> {
    style: &'static str,
    script: &'static str,
    policy: String,
    title: String,
    verdict: String,
    /// What a check says of the one before.
    news: Option<String>,
    tone: Tone,
    subject: Vec<(&'static str, String)>,
    tiles: Vec<Tile>,
    /// Text and commands in turn.
    closing: Vec<(String, bool)>,
    next: Option<(&'static str, String)>,
    severities: Vec<Part>,
    outcome: &'static str,
    kinds: Vec<Kind>,
    tables: Vec<TableRow>,
    groups: Vec<Group>,
    rules: Vec<RuleRow>,
    check: Option<Check>,
    censuses: Vec<Census>,
    legacy_before: Option<&'r str>,
    findings: Findings<'r>,
    tool: String,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Mixed => "mixed",
            Self::Bad => "bad",
        }
    }
}

/// A number that the eye should find.
struct Tile {
    number: String,
    label: &'static str,
    note: String,
    tone: Option<Tone>,
}

/// Writes the page. `target` is what the user would type again to name this database.
///
/// # Errors
/// Whatever the destination says.
pub fn write(mut out: &mut dyn io::Write, report: &Report, target: &str) -> io::Result<()> {
    let outcome = match report.mode {
        Mode::CarryDryRun => "Carry would",
        mode if mode.only_reads() => "Repair would",
        _ => "Outcome",
    };
    let (closing, owned) = (closing(report), |(text, is_command): (&str, bool)| (text.to_owned(), is_command));
    let page = Page {
        style: STYLE,
        script: SCRIPT,
        policy: policy(),
        title: format!("statemend: {} of {}", mode(report.mode), sanitise(&report.database.url)),
        verdict: judgement(report),
        news: news(report),
        tone: Tone::of(report),
        subject: subject(report),
        tiles: tiles(report),
        closing: closing.as_deref().map(text_and_commands).into_iter().flatten().map(owned).collect(),
        next: next(report).map(|next| (next.purpose, next.line(target))),
        severities: charts::severities(&report.totals),
        outcome,
        kinds: sections::kinds(report),
        tables: sections::tables(report),
        groups: sections::groups(report),
        rules: sections::rules(report),
        check: sections::check(report),
        censuses: sections::censuses(report),
        legacy_before: report.legacy_before.as_deref(),
        findings: Findings::new(report, outcome),
        tool: format!("{} {}", report.tool.name, report.tool.version),
    };
    page.write_into(&mut out)
}

/// What the browser may do for this page: apply its style, run its script, show a picture that stands in it.
fn policy() -> String {
    let digest = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn subject(report: &Report) -> Vec<(&'static str, String)> {
    let database = &report.database;
    let took = took(report).map(|took| format!(", in {took}")).unwrap_or_default();
    let mut told =
        vec![("Database", sanitise(&database.url).into_owned()), ("Server", sanitise(&server(database)).into_owned())];
    let revision = database.airflow_revision.as_deref().map(|revision| sanitise(revision).into_owned());
    told.extend(revision.map(|revision| ("Airflow revision", revision)));
    told.push(("Begun", moment(&report.started_at) + &took));
    told.extend(report.shard.map(|shard| ("Shard", format!("{shard}, which is a part of the rows"))));
    told.extend(report.run_id.as_deref().map(|run| ("Run", sanitise(run).into_owned())));
    told.extend(report.undoes.as_deref().map(|run| ("Undoes", sanitise(run).into_owned())));
    told
}

fn tiles(report: &Report) -> Vec<Tile> {
    let (mode, totals) = (report.mode, &report.totals);
    let read = format!("of {}, {}", count(totals.rows_scanned, "row"), bytes(totals.bytes_scanned));
    let left = Tile::new(totals.left(), "left", format!("{} skipped, {} drifted", totals.skipped, totals.drifted));
    let left = left.toned(Tone::Mixed);
    let warnings = Tile::new(totals.warnings, "with a warning", count(totals.notices, "notice")).toned(Tone::Mixed);
    let done = |label, note| Tile::new(totals.rewritten, label, note).toned(Tone::Good);
    match mode {
        Mode::Undo => {
            let undone = if report.removes { "taken out" } else { "put back" };
            vec![done(undone, String::new()), left]
        }
        Mode::Carry | Mode::CarryDryRun => carry_tiles(mode, totals, read),
        Mode::Repair => {
            let before = format!("{} before", HumanCount(totals.unreadable_lists));
            let lists = Tile::new(totals.unreadable_lists_left, "unreadable lists", before);
            let lists = lists.toned(Tone::Bad).about(totals.unreadable_lists_estimated);
            vec![done("rewritten", read), left_by_repair(report), lists, warnings]
        }
        Mode::Scan | Mode::DryRun | Mode::Check => {
            let lists = Tile::new(totals.unreadable_lists, "unreadable lists", hidden(totals));
            let lists = lists.toned(Tone::Bad).about(totals.unreadable_lists_estimated);
            let leave = match totals.left() {
                0 => String::new(),
                left => format!("and leave {}", HumanCount(left)),
            };
            vec![
                Tile::new(totals.errors, "unreadable", read).toned(Tone::Bad),
                lists,
                warnings,
                done("a repair would rewrite", leave),
            ]
        }
    }
}

/// What a repair left, also because the rules say so.
fn left_by_repair(report: &Report) -> Tile {
    let (totals, by_rule) = (&report.totals, report.unreadable_by_rule());
    let rules = if by_rule > 0 { format!(", {} unreadable by the rules", HumanCount(by_rule)) } else { String::new() };
    let note = format!("{} skipped, {} drifted{rules}", totals.skipped, totals.drifted);
    Tile::new(totals.left() + by_rule, "left", note).toned(Tone::Mixed)
}

/// What went over, or would, what needed not, and what was left. `read` says of how much.
fn carry_tiles(mode: Mode, totals: &Counts, read: String) -> Vec<Tile> {
    let CarryCounts { carried, present, .. } = totals.carry.unwrap_or_default();
    let [over, mended, left] = match mode {
        Mode::Carry => ["carried", "mended", "left"],
        _ => ["to be carried", "to be mended", "to be left"],
    };
    vec![
        Tile::new(carried, over, read).toned(Tone::Good),
        Tile::new(totals.rewritten, mended, "on the way".to_owned()).toned(Tone::Good),
        Tile::new(present, "there already", "carried before".to_owned()),
        Tile::new(totals.left(), left, carried::reasons(totals)).toned(Tone::Mixed),
    ]
}

fn hidden(totals: &Counts) -> String {
    let about = if totals.hidden_keys_estimated { "about " } else { "" };
    let read = |keys| either(keys, "reads", "read");
    let hidden = |keys| format!("{about}{} that {} well hidden in them", count(keys, "key"), read(keys));
    totals.hidden_keys.map(hidden).unwrap_or_default()
}

impl Tile {
    fn new(number: u64, label: &'static str, note: String) -> Self {
        Self { number: HumanCount(number).to_string(), label, note, tone: None }
    }

    /// With a tone, unless there are none.
    fn toned(self, tone: Tone) -> Self {
        Self { tone: (self.number != "0").then_some(tone), ..self }
    }

    /// As a rough number, where it is one.
    fn about(self, estimated: bool) -> Self {
        let about = if estimated { "about " } else { "" };
        Self { number: format!("{about}{}", self.number), ..self }
    }
}

#[cfg(test)]
mod tests;
