//! From the TOML of the file to rules. Goes on after a mistake, so that all of them are told at once.

use std::collections::HashMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::VERSION;
use super::fields;
use super::mistake::Mistake;
use crate::domain::finding::Action;
use crate::domain::own::Declared;
use crate::domain::rules::{Conditions, Name, NoRule, Rule, Rules};

const TOP: &[&str] = &["version", "default", "rule", "target"];
const RULE: &[&str] =
    &["name", "kind", "table", "dag", "task", "key", "asset", "text", "written_before", "written_after", "action"];

/// What stands behind a name in the file.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// The mistakes so far.
#[derive(Debug, Default)]
pub(super) struct Walk {
    mistakes: Vec<Mistake>,
}

/// What stands in a file, with the bytes at which its parts begin.
pub(super) struct Walked {
    pub rules: Rules,
    pub rule_starts: Vec<usize>,
    pub own: Vec<Declared>,
    pub own_starts: Vec<usize>,
}

/// What stands in a file, or all that is wrong with it.
pub(super) fn walk(text: &str) -> Result<Walked, Vec<Mistake>> {
    let file = DeTable::parse(text).map_err(|error| {
        let what = error.message().trim_end().replace('\n', "; ");
        vec![Mistake::new(error.span().unwrap_or_default(), format!("not TOML: {what}"))]
    })?;
    let file = file.get_ref();
    let mut walk = Walk::default();
    if let Err(newer) = walk.version(file) {
        // Whatever else is unknown may be known to that release.
        return Err(vec![newer]);
    }
    walk.known(file, TOP, "the file has no field", "rule");
    let default = file.get("default").and_then(|value| walk.otherwise(value)).flatten();
    let (rules, rule_starts) = file.get("rule").map(|value| walk.rules(value)).unwrap_or_default();
    let (own, own_starts) = file.get("target").map(|value| walk.targets(value)).unwrap_or_default().into_iter().unzip();
    let Walk { mut mistakes } = walk;
    mistakes.sort_by_key(|mistake| mistake.span.start);
    let walked = Walked { rules: Rules { rules, default }, rule_starts, own, own_starts };
    if mistakes.is_empty() { Ok(walked) } else { Err(mistakes) }
}

impl Walk {
    /// Notes a mistake. Gives nothing, in place of what should have been there.
    pub fn wrong<T>(&mut self, span: Range<usize>, what: impl Into<String>) -> Option<T> {
        self.note(Mistake::new(span, what))
    }

    /// The same for a mistake that is made already.
    pub fn note<T>(&mut self, mistake: Mistake) -> Option<T> {
        self.mistakes.push(mistake);
        None
    }

    /// Fails where the file is made for a newer release.
    fn version(&mut self, file: &DeTable<'_>) -> Result<(), Mistake> {
        let Some(value) = file.get("version") else {
            self.wrong::<()>(0..0, format!("the version is missing: begin the file with `version = {VERSION}`"));
            return Ok(());
        };
        let digits = value.get_ref().as_integer().filter(|integer| integer.radix() == 10);
        match digits.and_then(|integer| integer.as_str().parse::<u64>().ok()) {
            Some(VERSION) => Ok(()),
            Some(version) if version > VERSION => {
                let what = format!("made for a newer release; this one reads files up to version {VERSION}");
                Err(Mistake::new(value.span(), what))
            }
            _ => {
                self.wrong::<()>(value.span(), format!("the version is a number, at present {VERSION}"));
                Ok(())
            }
        }
    }

    /// What is to be done with what no rule takes; nothing inside is the action of the kind.
    fn otherwise(&mut self, value: &Value<'_>) -> Option<Option<Action>> {
        match value.get_ref().as_str() {
            Some("kind") => Some(None),
            Some(name) if Action::from_name(name).is_some() => Some(Action::from_name(name)),
            Some(name) => {
                let names = [&["kind"], &*fields::actions()].concat();
                self.note(fields::unknown(value.span(), "there is no default", name, &names))
            }
            None => self.wrong(value.span(), "the default is the name of an action, or `kind`"),
        }
    }

    fn rules(&mut self, value: &Value<'_>) -> (Vec<Rule>, Vec<usize>) {
        let Some(array) = value.get_ref().as_array() else {
            self.wrong::<()>(value.span(), "rules are a list: write `[[rule]]` above each of them");
            return Default::default();
        };
        let mut names = HashMap::new();
        let rules = (1..).zip(array.iter()).filter_map(|(number, value)| {
            let rule = self.rule(number, value, &mut names)?;
            Some((rule, value.span().start))
        });
        rules.unzip()
    }

    fn rule<'t>(&mut self, number: usize, value: &'t Value<'_>, names: &mut HashMap<&'t str, usize>) -> Option<Rule> {
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong(value.span(), "a rule is a table: write `[[rule]]` above it");
        };
        let before = self.mistakes();
        self.known(table, RULE, "a rule has no field", "rule");
        let name = table.get("name").and_then(|value| self.name(value, number, names));
        let conditions = self.conditions(table);
        let Some(action) = table.get("action") else {
            let known = Some(fields::known(&fields::actions()));
            return self.note(Mistake { known, ..Mistake::new(value.span(), "the rule has no action") });
        };
        let (span, action) = (action.span(), self.action(action));
        if self.mistakes() > before {
            return None;
        }
        let name = name.map_or(Name::Number(number), |name| Name::Given(name.to_owned()));
        let refused = |error: NoRule| {
            let at = if error == NoRule::ReadableOfAnyAge { table.get("kind").map(Spanned::span) } else { None };
            self.wrong(at.unwrap_or(span), error.to_string())
        };
        Rule::new(name, conditions, action?).map_or_else(refused, Some)
    }

    fn conditions(&mut self, table: &DeTable<'_>) -> Conditions {
        let mut globs = |field| table.get(field).and_then(|value| self.globs(field, value));
        let [of_table, dag, task, key, asset] = ["table", "dag", "task", "key", "asset"].map(&mut globs);
        let mut moment = |field| table.get(field).and_then(|value| self.moment(value));
        let [written_before, written_after] = ["written_before", "written_after"].map(&mut moment);
        let any = Conditions::default();
        Conditions {
            kinds: table.get("kind").and_then(|value| self.kinds(value)).unwrap_or(any.kinds),
            table: of_table,
            dag,
            task,
            key,
            asset,
            text: table.get("text").and_then(|value| self.pattern(value)),
            written_before,
            written_after,
        }
    }

    fn name<'t>(
        &mut self,
        value: &'t Value<'_>,
        number: usize,
        names: &mut HashMap<&'t str, usize>,
    ) -> Option<&'t str> {
        let name = value.get_ref().as_str().filter(|name| !name.trim().is_empty() && !name.contains(char::is_control));
        let Some(name) = name else {
            return self.wrong(value.span(), "the name of a rule is a text on one line, and not empty");
        };
        match names.insert(name, number) {
            None => Some(name),
            Some(other) => self.wrong(value.span(), format!("rule {other} has this name already")),
        }
    }

    /// How many there are so far.
    pub const fn mistakes(&self) -> usize {
        self.mistakes.len()
    }

    /// Insists that a table has no other fields than these.
    pub fn known(&mut self, table: &DeTable<'_>, fields: &[&str], what: &str, part: &str) {
        for (name, _) in table {
            let text = name.get_ref().as_ref();
            if fields.contains(&text) {
                continue;
            }
            if TOP.contains(&text) {
                self.wrong::<()>(
                    name.span(),
                    format!("`{text}` belongs to the file: put it above the first `[[{part}]]`"),
                );
            } else {
                self.note::<()>(fields::unknown(name.span(), what, text, fields));
            }
        }
    }
}
