//! What is doubtful about rules although they are well formed: those that never take a row, and those that never
//! change one.
//!
//! A doubt is only raised where it is certain, so that nobody takes out a rule that works. Rules that stand behind
//! others are compared condition by condition; what takes a look at several conditions at once is not seen.

use super::conditions::Conditions;
use super::glob::Globs;
use super::kinds::Kinds;
use super::{Rule, Rules};
use crate::domain::finding::{Action, Kind};

/// A table that rules may speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateTable<'a> {
    pub name: &'a str,
    pub holds: Holds,
}

/// Whose state stands in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Tasks,
    Assets,
}

/// The state tables of all generations of Airflow.
pub const AIRFLOW: &[StateTable<'static>] = &[
    StateTable { name: "task_state_store", holds: Holds::Tasks },
    StateTable { name: "asset_state_store", holds: Holds::Assets },
    StateTable { name: "task_store", holds: Holds::Tasks },
    StateTable { name: "asset_store", holds: Holds::Assets },
    StateTable { name: "task_state", holds: Holds::Tasks },
    StateTable { name: "asset_state", holds: Holds::Assets },
];

/// What is doubtful about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It never takes a row, because its conditions cannot hold together.
    Contradiction(Contradiction),
    /// It never takes a row, because the rules at these places of [`Rules::rules`] take all of them before.
    Behind(Vec<usize>),
    /// Its action never changes a row of these kinds, which it takes.
    Idle(Kinds),
}

/// Why conditions cannot hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// Nothing is written at a moment or later, and before that moment.
    Times,
    /// State is of a task or of an asset.
    TaskAndAsset,
    /// No state table is called so.
    NoSuchTable,
    /// Tables of assets alone, and a DAG or a task.
    TaskInAssetTables,
    /// Tables of tasks alone, and an asset.
    AssetInTaskTables,
}

impl Doubt {
    /// Whether the rule never takes a row.
    pub const fn is_never_taken(&self) -> bool {
        matches!(self, Self::Contradiction(_) | Self::Behind(_))
    }
}

impl Rules {
    /// What is doubtful about the rule at a place, for rows that stand in some of `tables`.
    pub fn doubt(&self, index: usize, tables: &[StateTable<'_>]) -> Option<Doubt> {
        let rule = self.rules.get(index)?;
        let contradiction = || contradiction(&rule.conditions, tables).map(Doubt::Contradiction);
        contradiction().or_else(|| behind(&self.rules[..index], rule, tables)).or_else(|| idle(rule))
    }
}

fn contradiction(conditions: &Conditions, tables: &[StateTable<'_>]) -> Option<Contradiction> {
    if let (Some(after), Some(before)) = (conditions.written_after, conditions.written_before)
        && after >= before
    {
        return Some(Contradiction::Times);
    }
    let of_task = conditions.dag.is_some() || conditions.task.is_some();
    if of_task && conditions.asset.is_some() {
        return Some(Contradiction::TaskAndAsset);
    }
    let named = |table: &&StateTable<'_>| conditions.table.as_ref().is_none_or(|globs| globs.take(table.name));
    let named: Vec<Holds> = tables.iter().filter(named).map(|table| table.holds).collect();
    if named.is_empty() {
        return Some(Contradiction::NoSuchTable);
    }
    if of_task && !named.contains(&Holds::Tasks) {
        return Some(Contradiction::TaskInAssetTables);
    }
    (conditions.asset.is_some() && !named.contains(&Holds::Assets)).then_some(Contradiction::AssetInTaskTables)
}

/// The rules before one that take all of its rows: each of them all rows of some of its kinds.
fn behind(before: &[Rule], rule: &Rule, tables: &[StateTable<'_>]) -> Option<Doubt> {
    let (mut left, mut takers) = (rule.conditions.kinds, Vec::new());
    for (index, earlier) in before.iter().enumerate() {
        let rest = left.but(earlier.conditions.kinds);
        if rest != left && cover_but_kinds(&earlier.conditions, &rule.conditions, tables) {
            left = rest;
            takers.push(index);
        }
    }
    left.is_empty().then_some(Doubt::Behind(takers))
}

/// Whether the conditions of an earlier rule surely hold wherever those of a later one do, kinds aside.
fn cover_but_kinds(earlier: &Conditions, later: &Conditions, tables: &[StateTable<'_>]) -> bool {
    let globs = |earlier: &Option<Globs>, later: &Option<Globs>| match (earlier, later) {
        (None, _) => true,
        (Some(earlier), Some(later)) => earlier.cover(later),
        (Some(_), None) => false,
    };
    // Tables are known one by one, which tells more than their globs do.
    let in_table = |table: &StateTable<'_>| !may_stand_in(later, table) || may_stand_in(earlier, table);
    tables.iter().all(in_table)
        && globs(&earlier.dag, &later.dag)
        && globs(&earlier.task, &later.task)
        && globs(&earlier.key, &later.key)
        && globs(&earlier.asset, &later.asset)
        && (earlier.text.is_none() || earlier.text == later.text)
        && earlier.written_before.is_none_or(|moment| later.written_before.is_some_and(|later| later <= moment))
        && earlier.written_after.is_none_or(|moment| later.written_after.is_some_and(|later| later >= moment))
}

fn may_stand_in(conditions: &Conditions, table: &StateTable<'_>) -> bool {
    let owner = match table.holds {
        Holds::Tasks => conditions.asset.is_none(),
        Holds::Assets => conditions.dag.is_none() && conditions.task.is_none(),
    };
    owner && conditions.table.as_ref().is_none_or(|globs| globs.take(table.name))
}

/// Kinds that are named for nothing. A rule that takes all kinds of a severity may well do so for some of them.
fn idle(rule: &Rule) -> Option<Doubt> {
    let taken = rule.conditions.kinds;
    let idle: Kinds = taken.iter().filter(|kind| never_changes(rule.action, *kind)).collect();
    let meant = |kind: &Kind| !taken.cover(Kinds::of(kind.severity()));
    let told = if idle == taken { idle } else { idle.iter().filter(meant).collect() };
    (!told.is_empty()).then_some(Doubt::Idle(told))
}

/// Whether an action surely changes no row of a kind. What an action takes is decided by the value, and a value is of
/// the first kind that applies: one that is too large, for instance, may also hold JSON in a JSON string.
const fn never_changes(action: Action, kind: Kind) -> bool {
    match action {
        Action::Skip | Action::None => false,
        // A JSON string is never made a JSON string of itself, run after run.
        Action::String => matches!(kind, Kind::NotText | Kind::DoubleEncoded),
        Action::Null => matches!(kind, Kind::NotText | Kind::NullValue),
        // A value may be too deep only where something stands that can be replaced.
        Action::Replace => !matches!(kind, Kind::LoneSurrogate | Kind::NonFinite | Kind::TooDeep),
        Action::Reference => matches!(
            kind,
            Kind::NotText
                | Kind::Empty
                | Kind::LoneSurrogate
                | Kind::HugeInteger
                | Kind::TooDeep
                | Kind::NonFinite
                | Kind::NullValue
                | Kind::DuplicateKey
        ),
        Action::Decode => !matches!(kind, Kind::PythonLiteral | Kind::Encoded | Kind::TooLarge | Kind::DoubleEncoded),
    }
}
