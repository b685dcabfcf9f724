//! What decides about rows, as the command line and its files say it.

use std::time::SystemTime;

use crate::cli::args::{JudgingArgs, LimitArgs};
use crate::cli::database;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::rules_file::RulesFile;
use crate::domain::finding::{Action, Severity};
use crate::domain::generations;
use crate::domain::judge::Judge;
use crate::domain::own::Declared;
use crate::domain::rules::{Conditions, Glob, Globs, Kinds, Moment, Name, Rule, Rules};

/// The judge for these arguments. Where neither they nor Airflow's configuration tell the longest value, Airflow's
/// default does: a warning of a long value is not worth failing for.
pub(in crate::cli) fn judge(args: &LimitArgs) -> Judge {
    let configured = || match database::max_value_storage_bytes(&Environment::of_process()) {
        Ok(limit) => limit,
        Err(error) => {
            tracing::warn!("max_value_storage_bytes is taken to be Airflow's default: {error}");
            Judge::default().max_value_bytes
        }
    };
    let max_value_bytes = match args.max_value_bytes {
        Some(0) => None,
        Some(bytes) => Some(bytes),
        None => configured(),
    };
    Judge { max_value_bytes, ..Judge::default() }
}

/// What is done with which rows, and which tables there are besides Airflow's.
#[derive(Debug, Default)]
pub(in crate::cli) struct Decisions {
    pub rules: Rules,
    /// Those that are to be worked on.
    pub own: Vec<Declared>,
}

/// The decisions for these arguments, in some tables, or in all: what the command line says comes behind what a file says,
/// since a file can be exact.
pub(in crate::cli) fn decisions(args: &JudgingArgs, tables: &[String]) -> Result<Decisions, Failure> {
    let mut decisions = match &args.rules {
        Some(path) => {
            let RulesFile { rules, own, .. } = RulesFile::open(path)?;
            Decisions { rules, own }
        }
        None => Decisions::default(),
    };
    decisions.own.retain(|declared| tables.is_empty() || tables.contains(&declared.table));
    let now = Moment(micros(SystemTime::now()));
    for rule in &decisions.rules.rules {
        if rule.conditions().written_before.is_some_and(|before| before > now) {
            tracing::warn!("`written_before` of {} is still to come, so it holds for every row there is", rule.label());
        }
    }
    if let Some(before) = args.legacy_before {
        decisions.rules.rules.push(legacy(before)?);
    }
    Ok(decisions)
}

/// What parses, and was written when Airflow stored strings as they are, is a string. What does not parse has a rule, or
/// the default, of its own.
fn legacy(before: SystemTime) -> Result<Rule, Failure> {
    let airflows = generations::names().map(Glob::new).collect::<Result<_, _>>();
    let parses = [Severity::Warning, Severity::Notice].into_iter().map(Kinds::of);
    let conditions = Conditions {
        kinds: parses.fold(Kinds::READABLE, Kinds::and),
        table: airflows.ok().map(Globs::new),
        written_before: Some(Moment(micros(before))),
        ..Conditions::default()
    };
    let name = Name::Given("--legacy-before".to_owned());
    Rule::new(name, conditions, Action::String).map_err(|_| Failure::Usage("--legacy-before takes a moment"))
}

/// Microseconds since 1970.
fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
