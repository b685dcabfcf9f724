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
use crate::domain::reader::Reader;

/// A table that rules may speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known<'a> {
    pub name: &'a str,
    pub reader: Reader,
    pub tells: Tells,
}

/// What the rows of a table tell of themselves that rules may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tells {
    pub dag: bool,
    pub task: bool,
    pub asset: bool,
    pub key: bool,
    /// When they were written.
    pub time: bool,
}

const TASKS: Tells = Tells { dag: true, task: true, asset: false, key: true, time: true };
const ASSETS: Tells = Tells { dag: false, task: false, asset: true, key: true, time: true };

/// The state tables of all generations of Airflow.
pub const AIRFLOW: &[Known<'static>] = &[
    Known { name: "task_state_store", reader: Reader::Airflow, tells: TASKS },
    Known { name: "asset_state_store", reader: Reader::Airflow, tells: ASSETS },
    Known { name: "task_store", reader: Reader::Airflow, tells: TASKS },
    Known { name: "asset_store", reader: Reader::Airflow, tells: ASSETS },
    Known { name: "task_state", reader: Reader::Airflow, tells: TASKS },
    Known { name: "asset_state", reader: Reader::Airflow, tells: ASSETS },
];

impl Tells {
    /// Each by the name of the field of a rule that asks for it.
    const fn each(self) -> [(&'static str, bool); 5] {
        [("dag", self.dag), ("task", self.task), ("asset", self.asset), ("key", self.key), ("time", self.time)]
    }

    /// Whether everything that the other tells is told.
    fn cover(self, other: Self) -> bool {
        self.each().into_iter().zip(other.each()).all(|((_, tells), (_, asked))| tells || !asked)
    }

    /// What conditions ask for.
    const fn asked(conditions: &Conditions) -> Self {
        Self {
            dag: conditions.dag.is_some(),
            task: conditions.task.is_some(),
            asset: conditions.asset.is_some(),
            key: conditions.key.is_some(),
            time: conditions.need_time(),
        }
    }
}

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
    /// No known table is called so.
    NoSuchTable,
    /// Whoever reads the tables sees nothing of these kinds in them.
    NoSuchKind,
    /// Tables of assets alone, and a DAG or a task.
    TaskInAssetTables,
    /// Tables of tasks alone, and an asset.
    AssetInTaskTables,
    /// None of the tables has a column for what this field asks for.
    Untold(&'static str),
}

impl Doubt {
    /// Whether the rule never takes a row.
    pub const fn is_never_taken(&self) -> bool {
        matches!(self, Self::Contradiction(_) | Self::Behind(_))
    }
}

impl Rules {
    /// What is doubtful about the rule at a place, for rows that stand in some of `tables`.
    pub fn doubt(&self, index: usize, tables: &[Known<'_>]) -> Option<Doubt> {
        let rule = self.rules.get(index)?;
        let contradiction = || contradiction(&rule.conditions, tables).map(Doubt::Contradiction);
        contradiction().or_else(|| behind(&self.rules[..index], rule, tables)).or_else(|| idle(rule))
    }
}

fn contradiction(conditions: &Conditions, tables: &[Known<'_>]) -> Option<Contradiction> {
    if let (Some(after), Some(before)) = (conditions.written_after, conditions.written_before)
        && after >= before
    {
        return Some(Contradiction::Times);
    }
    let named: Vec<&Known<'_>> = tables.iter().filter(|table| is_named(conditions, table)).collect();
    if named.is_empty() {
        return Some(Contradiction::NoSuchTable);
    }
    let told: Vec<&Known<'_>> = named.iter().copied().filter(|table| may_stand_in(conditions, table)).collect();
    if told.is_empty() {
        return Some(untold(conditions, &named));
    }
    let possible = told.iter().map(|table| known(table)).fold(Kinds::NONE, Kinds::and);
    conditions.kinds.but(conditions.kinds.but(possible)).is_empty().then_some(Contradiction::NoSuchKind)
}

/// Why none of these tables has rows that tell all that conditions ask for.
fn untold(conditions: &Conditions, tables: &[&Known<'_>]) -> Contradiction {
    let all = |tells| tables.iter().all(|table| table.tells == tells);
    let asked = Tells::asked(conditions);
    let by_none = |field: &usize| tables.iter().all(|table| !table.tells.each()[*field].1);
    let lacking = asked.each().into_iter().enumerate().filter(|(_, (_, asked))| *asked).map(|(field, _)| field);
    match lacking.into_iter().find(by_none) {
        None => Contradiction::TaskAndAsset,
        Some(_) if all(ASSETS) && (asked.dag || asked.task) => Contradiction::TaskInAssetTables,
        Some(_) if all(TASKS) && asked.asset => Contradiction::AssetInTaskTables,
        Some(field) => Contradiction::Untold(asked.each()[field].0),
    }
}

/// All rows that a table may have.
fn known(table: &Known<'_>) -> Kinds {
    Kinds::to(table.reader).and(Kinds::READABLE)
}

/// The rules before one that take all of its rows: each of them all rows of some of its kinds.
fn behind(before: &[Rule], rule: &Rule, tables: &[Known<'_>]) -> Option<Doubt> {
    let stands = tables.iter().filter(|table| may_stand_in(&rule.conditions, table));
    let possible = stands.map(known).fold(Kinds::NONE, Kinds::and);
    let kinds = rule.conditions.kinds;
    let (mut left, mut takers) = (kinds.but(kinds.but(possible)), Vec::new());
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
fn cover_but_kinds(earlier: &Conditions, later: &Conditions, tables: &[Known<'_>]) -> bool {
    let globs = |earlier: &Option<Globs>, later: &Option<Globs>| match (earlier, later) {
        (None, _) => true,
        (Some(earlier), Some(later)) => earlier.cover(later),
        (Some(_), None) => false,
    };
    // Tables are known one by one, which tells more than their globs do.
    let in_table = |table: &Known<'_>| !may_stand_in(later, table) || may_stand_in(earlier, table);
    tables.iter().all(in_table)
        && globs(&earlier.dag, &later.dag)
        && globs(&earlier.task, &later.task)
        && globs(&earlier.key, &later.key)
        && globs(&earlier.asset, &later.asset)
        && (earlier.text.is_none() || earlier.text == later.text)
        && earlier.written_before.is_none_or(|moment| later.written_before.is_some_and(|later| later <= moment))
        && earlier.written_after.is_none_or(|moment| later.written_after.is_some_and(|later| later >= moment))
}

fn is_named(conditions: &Conditions, table: &Known<'_>) -> bool {
    conditions.table.as_ref().is_none_or(|globs| globs.take(table.name))
}

fn may_stand_in(conditions: &Conditions, table: &Known<'_>) -> bool {
    is_named(conditions, table) && table.tells.cover(Tells::asked(conditions))
}

/// Kinds that are named for nothing. A rule that takes all kinds of a severity may well do so for some of them.
fn idle(rule: &Rule) -> Option<Doubt> {
    let taken = rule.conditions.kinds;
    let idle: Kinds = taken.iter().filter(|kind| never_changes(rule.action, *kind)).collect();
    let meant = |kind: &Kind| !taken.cover(Kinds::of(kind.severity()));
    let all = !taken.take_readable() && taken.touched().all(|kind| never_changes(rule.action, kind));
    let told = if all { idle } else { idle.iter().filter(meant).collect() };
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
        Action::Replace => !matches!(kind, Kind::LoneSurrogate | Kind::NulCharacter | Kind::NonFinite | Kind::TooDeep),
        Action::Reference => matches!(
            kind,
            Kind::NotText
                | Kind::Empty
                | Kind::LoneSurrogate
                | Kind::NulCharacter
                | Kind::HugeInteger
                | Kind::TooDeep
                | Kind::NonFinite
                | Kind::NullValue
        ),
        Action::Decode => !matches!(kind, Kind::PythonLiteral | Kind::Encoded | Kind::TooLarge | Kind::DoubleEncoded),
    }
}
