//! A file of rules to begin with, made from what a scan has found: a rule for each kind, with counts and redacted
//! examples in comments. It decides nothing that the defaults would not, until someone takes the marks of comment away.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::escape::sanitise_line;
use super::wording::{count, list, meaning};
use crate::domain::finding::{Action, Kind};
use crate::domain::reader::Reader;
use crate::domain::target::{Identity, Scalar, Target};
use crate::engine::events::{Event, Events, Flagged};

/// How many names of DAGs, assets and keys are told apart for each kind, and how many of them are shown.
const MOST_NAMES: usize = 1_000;
const SHOWN_NAMES: usize = 5;

/// How many examples of each kind are shown, and how many characters of each.
const EXAMPLES: usize = 3;
const EXAMPLE_WIDTH: usize = 60;

/// Folds a scan's findings into a file of rules. The findings have to carry their values, which the file has not.
#[derive(Debug, Default)]
pub struct Suggestion {
    kinds: BTreeMap<Kind, Found>,
    rows: u64,
}

#[derive(Debug, Default)]
struct Found {
    rows: u64,
    owners: BTreeMap<String, u64>,
    keys: BTreeMap<String, u64>,
    examples: Vec<String>,
}

impl Events for Suggestion {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Scanned { rows, .. } => self.rows += rows,
            Event::Flagged { target, row } => self.add(target, row),
            _ => {}
        }
    }
}

impl Suggestion {
    fn add(&mut self, target: &Target, row: &Flagged) {
        let Some(finding) = &row.finding else { return };
        let found = self.kinds.entry(finding.kind).or_default();
        found.rows += 1;
        if let Some(identity) = row.identity() {
            add_name(&mut found.owners, owner(target, identity));
            add_name(&mut found.keys, target.name_of(identity).map(str::to_owned));
        }
        if let Some(value) = &row.value
            && found.examples.len() < EXAMPLES
        {
            let example = redacted(value);
            if !example.trim().is_empty() && !found.examples.contains(&example) {
                found.examples.push(example);
            }
        }
    }

    /// The file. `database` is the URL without its password.
    pub fn file(&self, database: &str) -> String {
        let mut file = format!(
            "# Rules for {}, which has {}.\n\
             # Made from what a scan has found. Letters and digits of values are masked: every letter is an a, every \
             digit a 0.\n\
             # Rules that are commented out show what could be done instead of the default. See `statemend rules check`.\n\
             version = 1\ndefault = \"kind\"\n",
            sanitise_line(database, 200),
            count(self.rows, "row"),
        );
        for (kind, found) in &self.kinds {
            file.push('\n');
            found.write(*kind, &mut file);
        }
        if self.kinds.is_empty() {
            file.push_str("\n# Nothing was found, so there is nothing to have rules for.\n");
        }
        file
    }
}

impl Found {
    fn write(&self, kind: Kind, file: &mut String) {
        let mut line = |text: String| {
            let _ = writeln!(file, "{text}");
        };
        line(format!("# {} of kind {}: {}", count(self.rows, "row"), kind.name(), meaning(kind, Reader::Airflow)));
        for (what, names) in [("of", &self.owners), ("with the keys", &self.keys)] {
            if !names.is_empty() {
                line(format!("#   {what} {}", most(names)));
            }
        }
        for example in &self.examples {
            line(format!("#   such as  {example}"));
        }
        let default = kind.default_action();
        let instead = better(kind).filter(|action| *action != default);
        let mark = if instead.is_some() { "# " } else { "" };
        line(format!("{mark}[[rule]]"));
        line(format!("{mark}kind = \"{}\"", kind.name()));
        line(format!("{mark}action = \"{}\"", instead.unwrap_or(default).name()));
    }
}

/// What may serve a kind better than its default, if someone who knows the rows says so.
const fn better(kind: Kind) -> Option<Action> {
    match kind {
        Kind::BareReference | Kind::StaleReference => Some(Action::Reference),
        Kind::PythonLiteral | Kind::Encoded | Kind::DoubleEncoded => Some(Action::Decode),
        Kind::LoneSurrogate | Kind::NulCharacter | Kind::NonFinite => Some(Action::Replace),
        _ => None,
    }
}

fn owner(target: &Target, identity: &Identity) -> Option<String> {
    if let Some(dag) = target.part(identity, "dag_id").and_then(Scalar::as_text) {
        return Some(format!("DAG {dag}"));
    }
    let asset = target.part(identity, "asset_id")?.to_text()?;
    Some(format!("asset {asset}"))
}

fn add_name(names: &mut BTreeMap<String, u64>, name: Option<String>) {
    let Some(name) = name else { return };
    if names.len() < MOST_NAMES || names.contains_key(&name) {
        *names.entry(name).or_default() += 1;
    }
}

/// The names that occur most, with how often.
fn most(names: &BTreeMap<String, u64>) -> String {
    let mut names: Vec<(&String, u64)> = names.iter().map(|(name, rows)| (name, *rows)).collect();
    names.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    let more = names.len().saturating_sub(SHOWN_NAMES);
    let shown = names.iter().take(SHOWN_NAMES).map(|(name, rows)| format!("{} ({rows})", sanitise_line(name, 60)));
    let more = (more > 0).then(|| format!("{more} more"));
    list(&shown.chain(more).collect::<Vec<_>>())
}

/// The shape of a value: what it is made of, and nothing that it says.
fn redacted(value: &str) -> String {
    let mask = |c: char| match c {
        _ if c.is_numeric() => '0',
        _ if c.is_alphabetic() => 'a',
        _ => c,
    };
    let masked: String = value.chars().take(EXAMPLE_WIDTH + 1).map(mask).collect();
    sanitise_line(&masked, EXAMPLE_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::events::Outcome;
    use crate::report::sample::task;

    #[test]
    fn a_suggestion_has_a_rule_for_each_kind_and_no_value() {
        let mut suggestion = Suggestion::default();
        let target = crate::domain::generations::sample::tasks();
        for (id, kind, value) in [
            (1, Kind::RawText, "opensesame 42"),
            (2, Kind::RawText, "opensesame 43"),
            (3, Kind::BareReference, "s3://bucket/läuft.json\u{1b}[31m"),
        ] {
            let row = Flagged { value: Some(value.to_owned()), ..task(id, kind, Outcome::Rewritten) };
            suggestion.event(&Event::Flagged { target, row });
        }
        suggestion.event(&Event::Scanned { target, rows: 1_204, bytes: 0 });
        insta::assert_snapshot!(suggestion.file("postgresql://airflow:***@db/airflow"));
    }
}
