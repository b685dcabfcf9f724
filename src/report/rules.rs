//! What `rules check` says of a file of rules: what each of them takes and does, and what is doubtful about it.
//!
//! The report holds finished sentences, because they are what a program would want to show, too; what a program may
//! want to decide by stands beside them by name.

use std::io;

use console::Style;
use serde::Serialize;

use super::escape::sanitise;
use super::page::Page;
use super::wording::count;
use crate::domain::own::Declared;
use crate::domain::reader::Reader;
use crate::domain::rules::{AIRFLOW, Doubt, Known, Name, Rule, Rules, Tells};

mod sentences;

/// The JSON form of `statemend rules check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RulesReport {
    /// The file as it was named.
    pub file: String,
    /// The tables of the user's own that it declares.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetReport>,
    /// In the order in which they are asked.
    pub rules: Vec<RuleReport>,
    /// What is done with flagged rows that no rule takes.
    pub default: DefaultReport,
    /// How many warnings there are.
    pub warnings: usize,
}

/// One table of the user's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TargetReport {
    /// Its place in the file, counted from 1.
    pub number: usize,
    /// The line on which it begins.
    pub line: usize,
    pub table: String,
    pub key: Vec<String>,
    pub value: String,
    pub identity: Vec<String>,
    pub written_at: Option<String>,
    pub reader: Reader,
    /// What is judged, and by whom, as a sentence.
    pub holds: String,
    /// How its rows are known, as a sentence.
    pub rows: String,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// Its place in the file, counted from 1.
    pub number: usize,
    /// The name that it was given, if any.
    pub name: Option<String>,
    /// The line on which it begins.
    pub line: usize,
    /// The kinds of rows that it takes.
    pub kinds: Vec<&'static str>,
    /// The name of what is done with them.
    pub action: &'static str,
    /// What it takes, as a sentence.
    pub takes: String,
    /// What it does, as a sentence.
    pub does: String,
    /// Whether it is certain that it takes no row.
    pub never: bool,
    /// What is doubtful, as sentences.
    pub warnings: Vec<String>,
}

/// What is done with the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DefaultReport {
    /// The name of an action; `kind` where each kind has its own.
    pub action: &'static str,
    /// What it does, as a sentence.
    pub does: String,
}

impl RulesReport {
    /// What is to be said of rules and of targets, each with the lines on which they begin.
    pub fn new(file: &str, (rules, lines): (&Rules, &[usize]), (own, own_lines): (&[Declared], &[usize])) -> Self {
        let tables: Vec<_> = AIRFLOW.iter().copied().chain(own.iter().map(known)).collect();
        let of_rule =
            |(index, (rule, line)): (usize, (&_, &usize))| RuleReport::new(rules, index, rule, *line, &tables);
        let reports: Vec<_> = rules.rules.iter().zip(lines).enumerate().map(of_rule).collect();
        let targets = (1..).zip(own.iter().zip(own_lines));
        Self {
            file: file.to_owned(),
            targets: targets.map(|(number, (declared, line))| TargetReport::new(number, *line, declared)).collect(),
            warnings: reports.iter().map(|rule| rule.warnings.len()).sum(),
            rules: reports,
            default: DefaultReport {
                action: rules.default.map_or("kind", |action| action.name()),
                does: sentences::default(rules.default, own),
            },
        }
    }
}

/// What rules may ask of the rows of a table.
fn known(declared: &Declared) -> Known<'_> {
    let has = |name: &str| declared.identity.iter().any(|column| column == name);
    let tells = Tells {
        dag: has("dag_id"),
        task: has("task_id"),
        asset: has("asset_id"),
        key: has("key"),
        time: declared.written_at.is_some(),
    };
    Known { name: &declared.table, reader: declared.reader, tells }
}

impl TargetReport {
    fn new(number: usize, line: usize, declared: &Declared) -> Self {
        let Declared { table, key, value, identity, written_at, reader } = declared.clone();
        let (holds, rows) = (sentences::holds(declared), sentences::rows(declared));
        Self { number, line, table, key, value, identity, written_at, reader, holds, rows }
    }
}

impl RuleReport {
    fn new(rules: &Rules, index: usize, rule: &Rule, line: usize, tables: &[Known<'_>]) -> Self {
        let doubt = rules.doubt(index, tables);
        let conditions = rule.conditions();
        Self {
            number: index + 1,
            name: match rule.name() {
                Name::Given(name) => Some(name.clone()),
                Name::Number(_) => None,
            },
            line,
            kinds: conditions.kinds.names().collect(),
            action: rule.action().name(),
            takes: sentences::takes(conditions),
            does: sentences::does(rule.action()).to_owned(),
            never: doubt.as_ref().is_some_and(Doubt::is_never_taken),
            warnings: doubt.iter().map(|doubt| sentences::doubt(doubt, rule.action())).collect(),
        }
    }
}

/// Writes the human form.
///
/// # Errors
/// Whatever the destination says.
pub fn write(out: &mut dyn io::Write, report: &RulesReport, page: &Page) -> io::Result<()> {
    page.write(out, "", &page.bold(), &headline(report))?;
    for target in &report.targets {
        writeln!(out)?;
        let title = format!("target {}, line {}: {}", target.number, target.line, sanitise(&target.table));
        page.write(out, "", &page.bold(), &title)?;
        page.write(out, "  holds    ", &page.plain(), &sanitise(&target.holds))?;
        page.write(out, "  rows     ", &page.plain(), &sanitise(&target.rows))?;
    }
    for rule in &report.rules {
        writeln!(out)?;
        let name = rule.name.as_deref().map(|name| format!(": {}", sanitise(name))).unwrap_or_default();
        page.write(out, "", &page.bold(), &format!("rule {}, line {}{name}", rule.number, rule.line))?;
        page.write(out, "  takes    ", &page.plain(), &sanitise(&rule.takes))?;
        page.write(out, "  does     ", &page.plain(), &rule.does)?;
        for warning in &rule.warnings {
            page.write(out, "  warning  ", &page.style(Style::new().yellow()), &sanitise(warning))?;
        }
    }
    writeln!(out)?;
    page.write(out, "otherwise  ", &page.plain(), &report.default.does)
}

fn headline(report: &RulesReport) -> String {
    let file = sanitise(&report.file);
    let warnings = match report.warnings {
        0 => String::new(),
        many => format!(", and {} about them", count(many as u64, "warning")),
    };
    let targets = match report.targets.len() {
        0 => String::new(),
        many => format!("{} and ", count(many as u64, "target")),
    };
    match report.rules.len() {
        0 => format!("{file} has {targets}no rules."),
        1 => format!("{file} has {targets}1 rule{warnings}."),
        many => {
            let rules = count(many as u64, "rule");
            format!("{file} has {targets}{rules}{warnings}. The first one that takes a row decides.")
        }
    }
}
