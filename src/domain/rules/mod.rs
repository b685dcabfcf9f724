//! What is done with which rows: rules in an order, of which the first that takes a row decides.
//!
//! [`Rules::decide`] is a pure function of the rules and of what is known of a row. Where rules come from, and how
//! they are written, is none of its business; neither is whether an action can be carried out.

mod conditions;
mod doubts;
mod glob;
mod kinds;
mod pattern;
mod row;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::domain::finding::{Action, Kind, Severity};
use crate::domain::reader::Reader;

pub use conditions::Conditions;
pub use doubts::{AIRFLOW, Contradiction, Doubt, Known, Tells};
pub use glob::{Glob, Globs, NoGlob};
pub use kinds::Kinds;
pub use pattern::{NoPattern, Pattern};
pub use row::{Moment, Owner, Row};

/// The rules of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// In the order in which they are asked.
    pub rules: Vec<Rule>,
    /// What is done with flagged rows that no rule takes; where it is not said, the default action of their kind.
    pub default: Option<Action>,
}

/// A rule: which rows it takes, and what is done with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    name: Name,
    conditions: Conditions,
    action: Action,
}

/// What a rule is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// By whoever wrote it.
    Given(String),
    /// By its place in the file, counted from 1.
    Number(usize),
}

/// Why there cannot be such a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRule {
    #[error("rows that read well can become a JSON string of their text or be left: `string`, `skip` or `none`")]
    NotForReadable,
    #[error(
        "`string` on rows that read well needs `written_before`: only rows from before the moment at which writers \
         began to write JSON may have been meant as plain text; all others are as they should be"
    )]
    ReadableOfAnyAge,
}

/// Who decided about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleRef {
    /// The rule at this place of [`Rules::rules`], counted from 0.
    Rule(usize),
    /// None of them took it.
    Default,
}

impl Rule {
    /// A rule.
    ///
    /// # Errors
    /// Rows that read well are changed only in the one way, and only below the one condition, that can be right.
    pub fn new(name: Name, conditions: Conditions, action: Action) -> Result<Self, NoRule> {
        if conditions.kinds.take_readable() {
            match action {
                Action::String if conditions.written_before.is_none() => return Err(NoRule::ReadableOfAnyAge),
                Action::String | Action::Skip | Action::None => {}
                _ => return Err(NoRule::NotForReadable),
            }
        }
        Ok(Self { name, conditions, action })
    }

    /// What it is called: its name, or its number.
    pub fn label(&self) -> Cow<'_, str> {
        match &self.name {
            Name::Given(name) => Cow::Borrowed(name),
            Name::Number(number) => Cow::Owned(format!("rule {number}")),
        }
    }

    /// What it is called.
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// Which rows it takes, as long as no rule before it does.
    pub const fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// What is done with them.
    pub const fn action(&self) -> Action {
        self.action
    }
}

impl Rules {
    /// What is to be done with a row, and who says so. Nothing is done with a row that reads well unless a rule asks
    /// for such rows.
    pub fn decide(&self, row: &Row<'_>) -> (RuleRef, Action) {
        match self.rules.iter().position(|rule| rule.conditions.take(row)) {
            Some(index) => (RuleRef::Rule(index), self.rules[index].action),
            None => (RuleRef::Default, row.kind.map_or(Action::None, |kind| self.default_for(kind, row.reader))),
        }
    }

    fn default_for(&self, kind: Kind, reader: Reader) -> Action {
        self.default.unwrap_or_else(|| reader.default_action(kind))
    }

    /// Everyone who may decide, in the order in which they are asked.
    pub fn refs(&self) -> impl Iterator<Item = RuleRef> {
        (0..self.rules.len()).map(RuleRef::Rule).chain([RuleRef::Default])
    }

    /// What is called who decided.
    pub fn label(&self, rule: RuleRef) -> Cow<'_, str> {
        match rule {
            RuleRef::Rule(index) => self.rules.get(index).map_or(Cow::Borrowed("unknown"), Rule::label),
            RuleRef::Default => Cow::Borrowed("default"),
        }
    }

    /// Whether a decision can depend on whose state a row is, or on its key.
    pub fn needs_identity(&self) -> bool {
        self.rules.iter().any(|rule| rule.conditions.need_identity())
    }

    /// Whether a decision can depend on when a row was written.
    pub fn needs_time(&self) -> bool {
        self.rules.iter().any(|rule| rule.conditions.need_time())
    }

    /// Whether a row that reads well may have to be changed. Where none may, nobody needs to ask about such rows.
    pub fn considers_readable(&self) -> bool {
        self.rules.iter().any(|rule| rule.conditions.kinds.take_readable() && rule.action == Action::String)
    }

    /// Whether a value that readers get without an error may become a string.
    pub fn may_make_strings_of_json(&self) -> bool {
        let json = [Severity::Warning, Severity::Notice].map(Kinds::of).into_iter().fold(Kinds::READABLE, Kinds::and);
        let takes_json = |rule: &Rule| rule.conditions.kinds.but(json) != rule.conditions.kinds;
        let of_rules = self.rules.iter().any(|rule| rule.action == Action::String && takes_json(rule));
        of_rules || self.default == Some(Action::String)
    }

    /// All that decides, for a digest: the same for rules that differ in nothing but names, comments and form.
    pub fn text(&self) -> String {
        let rule = |rule: &Rule| {
            let action = format!("action {}", rule.action.name());
            ["rule".to_owned()].into_iter().chain(rule.conditions.lines()).chain([action]).collect::<Vec<_>>()
        };
        let default = format!("default {}", self.default.map_or("kind", Action::name));
        self.rules.iter().flat_map(rule).chain([default]).collect::<Vec<_>>().join("\n")
    }
}
