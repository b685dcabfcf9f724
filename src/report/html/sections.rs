//! The sections of the page, each as the rows that it shows.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use indicatif::HumanCount;

use super::charts::{Bar, Histogram};
use crate::domain::finding::{self, Action, Severity};
use crate::domain::reader::Reader;
use crate::report::carried;
use crate::report::census::{CensusReport, KeyReport};
use crate::report::check::{TrendPoint, words};
use crate::report::circumstances::{CircumstancesReport, SourcesReport};
use crate::report::escape::{sanitise, sanitise_line};
use crate::report::facts;
use crate::report::kinds::{READABLE, READABLE_MEANS};
use crate::report::model::{Fates, Mode, Report, TableReport};
use crate::report::rows::WHOLE;
use crate::report::wording::{bytes, fates, list, meaning, moment, undone};

/// How many sources of each sort are shown.
const SOURCES: usize = 10;
/// How many keys of a census are shown.
const KEYS: usize = 20;

/// One kind of finding.
pub struct Kind {
    pub name: &'static str,
    pub severity: &'static str,
    pub meaning: &'static str,
    pub bar: Bar,
    pub outcome: String,
}

/// The kinds that were found, over all tables. The same kind may be worse to one reader than to another.
pub fn kinds(report: &Report) -> Vec<Kind> {
    let mut found: BTreeMap<(Reverse<Severity>, finding::Kind), (u64, Fates, Reader)> = BTreeMap::new();
    for table in &report.tables {
        let reader = table.reader.unwrap_or_default();
        for (kind, rows) in &table.counts.findings {
            let place = (Reverse(table.severity(*kind)), *kind);
            let (sum, all, _) = found.entry(place).or_insert((0, Fates::default(), reader));
            *sum += rows;
            all.add(table.counts.outcomes.get(kind).copied().unwrap_or_default());
        }
    }
    let readable = report.totals.readable;
    let most = found.values().map(|(rows, ..)| *rows).chain([readable.all()]).max().unwrap_or_default();
    let kind = |((Reverse(level), kind), (rows, all, reader))| Kind {
        name: finding::Kind::name(kind),
        severity: Severity::name(level),
        meaning: meaning(kind, reader),
        bar: Bar::new(rows, most),
        outcome: fates(report.mode, all),
    };
    let readable = (readable.all() > 0).then(|| Kind {
        name: READABLE,
        severity: "",
        meaning: READABLE_MEANS,
        bar: Bar::new(readable.all(), most),
        outcome: fates(report.mode, readable),
    });
    found.into_iter().map(kind).chain(readable).collect()
}

/// One table of the database: its names and its numbers.
pub struct TableRow {
    pub name: String,
    /// The table into which a carry copies.
    pub into: Option<String>,
    /// Who reads it, where it is none of Airflow's.
    pub reader: Option<&'static str>,
    /// Each with its heading, which is the same in all rows.
    pub numbers: Vec<(String, String)>,
}

/// The tables that were worked on.
pub fn tables(report: &Report) -> Vec<TableRow> {
    let row = |table: &TableReport| TableRow {
        name: sanitise(&table.table).into_owned(),
        into: table.into.as_deref().map(|into| sanitise(into).into_owned()),
        reader: table.reader.map(Reader::name),
        numbers: numbers(report, table),
    };
    report.tables.iter().map(row).collect()
}

fn numbers(report: &Report, table: &TableReport) -> Vec<(String, String)> {
    let (mode, counts) = (report.mode, &table.counts);
    let number = |(called, rows): (&'static str, u64)| (sentence(called, ""), HumanCount(rows).to_string());
    if mode == Mode::Undo {
        return [(undone(report), counts.rewritten), ("left", counts.left())].map(number).to_vec();
    }
    let rows = number(("rows", counts.rows_scanned));
    let read = [rows, ("Size".to_owned(), bytes(counts.bytes_scanned))].into_iter();
    if mode.carries() {
        let carried = carried::columns(mode).into_iter().zip(carried::numbers(counts));
        return read.chain(carried.map(number)).collect();
    }
    let [rewritten, left] = if mode.only_reads() { ["to be rewritten", "to be left"] } else { ["rewritten", "left"] };
    let found = [
        ("errors", counts.errors),
        ("warnings", counts.warnings),
        ("notices", counts.notices),
        ("unreadable lists", counts.unreadable_lists),
        (rewritten, counts.rewritten),
        (left, counts.left()),
    ];
    read.chain(found.map(number)).collect()
}

/// What is known of the rows of one severity together.
pub struct Group {
    pub heading: String,
    pub sorts: Vec<Sources>,
    pub histogram: Option<Histogram>,
    /// Sentences about when the rows were written.
    pub written: Vec<String>,
    /// Whether something still writes such rows.
    pub alive: bool,
    /// Sentences about what becomes of the rows, and what they hide.
    pub fates: Vec<String>,
}

/// Sources of one sort.
pub struct Sources {
    pub called: &'static str,
    pub rows: Vec<(String, Bar)>,
    pub others: Option<String>,
}

/// What is known of the rows of each severity, the worst first.
pub fn groups(report: &Report) -> Vec<Group> {
    let group = |(index, circumstances): (usize, &CircumstancesReport)| {
        let written = circumstances.written.as_ref();
        let expiry = circumstances.expiry.as_ref().map(|expiry| facts::expiry(circumstances, expiry, str::to_owned));
        let hidden = facts::hidden(&report.totals).filter(|_| index == 0);
        Group {
            heading: sentence(&facts::rows(report, circumstances), ""),
            sorts: facts::SORTS
                .iter()
                .filter_map(|&(sort, [called, _])| sources(report, circumstances, sort, called))
                .collect(),
            histogram: written.and_then(|written| Histogram::new(written, &report.started_at)),
            written: written.map_or_else(Vec::new, |written| {
                let newest = facts::newest(report, written, WHOLE, str::to_owned);
                let span = facts::span(&written.first, &written.last);
                [span, newest, facts::lately(written)].map(|fact| sentence(&fact, ".")).to_vec()
            }),
            alive: written.is_some_and(|written| written.last_day > 0),
            fates: [expiry, hidden].into_iter().flatten().map(|fact| sentence(&fact, ".")).collect(),
        }
    };
    report.circumstances.iter().enumerate().map(group).collect()
}

fn sources(report: &Report, circumstances: &CircumstancesReport, sort: &str, called: &'static str) -> Option<Sources> {
    let sources: &SourcesReport = circumstances.sources.get(sort)?;
    let most = sources.most.first()?.rows;
    let row = |source| (facts::source(report, source, WHOLE), Bar::new(source.rows, most));
    Some(Sources {
        called,
        rows: sources.most.iter().take(SOURCES).map(row).collect(),
        others: facts::others(sources, SOURCES),
    })
}

fn sentence(text: &str, end: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}{end}", characters.as_str())
}

/// What one rule took.
pub struct RuleRow {
    pub name: String,
    pub action: &'static str,
    pub rows: String,
    pub outcome: String,
}

/// The rules, in the order in which they are asked.
pub fn rules(report: &Report) -> Vec<RuleRow> {
    let row = |rule: &crate::report::model::RuleReport| RuleRow {
        name: sanitise(&rule.rule).into_owned(),
        action: rule.action.map_or("by kind", Action::name),
        rows: HumanCount(rule.rows.all()).to_string(),
        outcome: fates(report.mode, rule.rows),
    };
    report.rules.iter().map(row).collect()
}

/// How a check compares with the one before.
pub struct Check {
    pub headline: Option<String>,
    /// Each table with what has become of its rows.
    pub tables: Vec<(String, String)>,
    /// Sentences about what was compared.
    pub notes: Vec<String>,
    /// The last checks, this one being the last. Empty where there is no other.
    pub trend: Vec<Point>,
}

/// One check of the trend.
pub struct Point {
    pub at: String,
    pub read: &'static str,
    pub errors: Bar,
    /// Each with its heading.
    pub numbers: [(&'static str, String); 4],
}

/// The comparison, where the report is a check's.
pub fn check(report: &Report) -> Option<Check> {
    let check = report.check.as_ref()?;
    let compared = |table: &TableReport| {
        let facts = words::compared(check, table.check.as_ref()?)?;
        Some((sanitise(&table.table).into_owned(), facts))
    };
    let most = check.trend.iter().map(|point| point.errors).max().unwrap_or_default();
    let point = |point: &TrendPoint| Point {
        at: moment(&point.at),
        read: words::read(point.pass),
        errors: Bar::new(point.errors, most),
        numbers: [("Warnings", point.warnings), ("Notices", point.notices), ("New", point.new), ("Gone", point.gone)]
            .map(|(called, rows)| (called, HumanCount(rows).to_string())),
    };
    let differences = check.differences.iter().map(|difference| sanitise(difference).into_owned());
    Some(Check {
        headline: words::headline(check),
        tables: report.tables.iter().filter_map(compared).collect(),
        notes: words::which_rows(report).into_iter().chain(differences).collect(),
        trend: check.trend.iter().filter(|_| check.trend.len() > 1).map(point).collect(),
    })
}

/// The keys of a table that hold values of several types.
pub struct Census {
    pub table: String,
    pub summary: String,
    pub keys: Vec<[String; 3]>,
}

/// What a census has shown, where one was taken.
pub fn censuses(report: &Report) -> Vec<Census> {
    let census = |table: &TableReport| table.census.as_ref().map(|census| Census::new(&table.table, census));
    report.tables.iter().filter_map(census).collect()
}

impl Census {
    fn new(table: &str, census: &CensusReport) -> Self {
        let mixed = || census.keys.iter().filter(|key| key.mixed);
        let key = |key: &KeyReport| {
            let types = key.types.iter().map(|(holds, seen)| format!("{} {}", HumanCount(seen.rows), holds.name()));
            let since = key.changed.as_ref().map(|changed| moment(&changed.until));
            [sanitise_line(&key.key, WHOLE), list(&types.collect::<Vec<_>>()), since.unwrap_or_default()]
        };
        Self {
            table: sanitise(table).into_owned(),
            summary: facts::census(census),
            keys: mixed().take(KEYS).map(key).collect(),
        }
    }
}
