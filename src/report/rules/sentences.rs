//! Rules in the words of a person.

use crate::domain::finding::{Action, Kind, Severity};
use crate::domain::own::Declared;
use crate::domain::reader::Reader;
use crate::domain::rules::{Conditions, Contradiction, Doubt, Globs, Kinds, Moment};
use crate::report::wording;

/// What is judged of a table of the user's own, and by whose rules.
pub(super) fn holds(declared: &Declared) -> String {
    let reader = match declared.reader {
        Reader::Airflow => "Airflow, as its own tables are",
        Reader::JsonLoads => "Python's json.loads",
        Reader::Rfc8259 => "a reader that goes by RFC 8259 and no further",
        Reader::Jsonb => "PostgreSQL's jsonb",
        Reader::MysqlJson => "MySQL's JSON",
    };
    format!("what should be JSON in `{}`, read by {reader}", declared.value)
}

/// How the rows of such a table are told apart, and what reports and rules know of them.
pub(super) fn rows(declared: &Declared) -> String {
    let columns =
        |columns: &[String]| wording::list(&columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>());
    let more: Vec<_> = declared.identity.iter().filter(|column| !declared.key.contains(column)).cloned().collect();
    let named = if more.is_empty() { String::new() } else { format!("; named by {}, too", columns(&more)) };
    let written = declared.written_at.as_ref().map(|column| format!("; written at the time in `{column}`"));
    format!("told apart by {}{named}{}", columns(&declared.key), written.unwrap_or_default())
}

/// Which rows there are conditions for.
pub(super) fn takes(conditions: &Conditions) -> String {
    let about = |what: &str, globs: &Option<Globs>| globs.as_ref().map(|globs| format!("{what} {}", any_of(globs)));
    let parts = [
        about("in a table called", &conditions.table),
        about("of a DAG called", &conditions.dag),
        about("of a task called", &conditions.task),
        about("of an asset with the id", &conditions.asset),
        about("with a key like", &conditions.key),
        conditions.text.as_ref().map(|text| format!("with a value in which `{}` is found", text.text())),
        conditions.written_after.map(|after| format!("written at {} or later", moment(after))),
        conditions.written_before.map(|before| format!("written before {}", moment(before))),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let kinds = kinds(conditions.kinds, Kinds::flagged());
    if parts.is_empty() { kinds } else { format!("{kinds}; only those {}", wording::list(&parts)) }
}

/// `every flagged row`, `rows of severity error, and raw_text`, where no rows are but these.
fn kinds(kinds: Kinds, all: Kinds) -> String {
    let flagged = kinds.but(Kinds::READABLE);
    let every = |severity: &Severity| all.but(all.but(Kinds::of(*severity)));
    let mut parts = Vec::new();
    if flagged == all {
        parts.push("every row of which something is to be said".to_owned());
    } else {
        let whole: Vec<_> = Severity::ALL.into_iter().filter(|severity| flagged.cover(every(severity))).collect();
        let rest = whole.iter().fold(flagged, |rest, severity| rest.but(every(severity)));
        parts.extend(whole.iter().map(|severity| format!("every row of severity {}", severity.name())));
        if !rest.is_empty() {
            parts.push(format!("rows that are {}", or(rest.touched().map(|kind| kind.name().to_owned()).collect())));
        }
    }
    if kinds.take_readable() {
        parts.push("rows that read well".to_owned());
    }
    wording::list(&parts)
}

/// What is done with what is taken.
pub(super) const fn does(action: Action) -> &'static str {
    match action {
        Action::String => "string: makes the value the JSON string of its own text",
        Action::Reference => "reference: makes the value a reference that the backend resolves",
        Action::Decode => "decode: makes the value the JSON that it stands for",
        Action::Null => "null: makes the value null; what it was stands in the journal alone",
        Action::Replace => "replace: puts null or U+FFFD in the place of what no reader can take, and keeps the rest",
        Action::Skip => "skip: leaves the row, and lists it as left",
        Action::None => "none: leaves the row",
    }
}

/// What is done with flagged rows that no rule takes, in Airflow's tables and in those of the user's own.
pub(super) fn default(default: Option<Action>, own: &[Declared]) -> String {
    match default {
        Some(action) => does(action).to_owned(),
        None => {
            let groups = Action::ALL.iter().filter_map(|action| {
                let airflow = Kinds::to(Reader::Airflow);
                let with_it = |kind: &Kind| kind.default_action() == *action;
                let group: Kinds = Kind::ALL.iter().copied().filter(with_it).collect();
                let group = airflow.but(airflow.but(group));
                (!group.is_empty()).then(|| format!("{} for {}", action.name(), kinds(group, airflow)))
            });
            let groups = groups.collect::<Vec<_>>().join("; ");
            let others = "; in targets, string for whatever else their readers fail on, and none for what they take";
            format!("the default action of each kind: {groups}{}", if own.is_empty() { "" } else { others })
        }
    }
}

/// What is doubtful.
pub(super) fn doubt(doubt: &Doubt, action: Action) -> String {
    match doubt {
        Doubt::Contradiction(contradiction) => format!("takes no row: {}", contradicted(*contradiction)),
        Doubt::Behind(takers) => {
            let numbers: Vec<_> = takers.iter().map(|index| format!("rule {}", index + 1)).collect();
            let take = wording::either(takers.len() as u64, "takes", "take");
            format!("takes no row: {} before it {take} all that it could", wording::list(&numbers))
        }
        Doubt::Idle(kinds) => {
            let names = or(kinds.names().map(str::to_owned).collect());
            format!("`{}` never changes a row that is {names}", action.name())
        }
    }
}

fn contradicted(contradiction: Contradiction) -> String {
    match contradiction {
        Contradiction::Times => "nothing is written before `written_before` and not before `written_after`".to_owned(),
        Contradiction::TaskAndAsset => "state is of a task or of an asset, never of both".to_owned(),
        Contradiction::NoSuchTable => "no state table is called so, and no target of this file".to_owned(),
        Contradiction::NoSuchKind => "to whoever reads these tables, nothing in them is of these kinds".to_owned(),
        Contradiction::TaskInAssetTables => {
            "rows of these tables belong to assets, which have no DAG and no task".to_owned()
        }
        Contradiction::AssetInTaskTables => "rows of these tables belong to tasks, and to no asset".to_owned(),
        Contradiction::Untold("time") => {
            "nobody knows when rows of these tables were written: their targets have no `written_at`".to_owned()
        }
        Contradiction::Untold(field) => {
            format!("rows of these tables do not tell their {field}: no column in the identity of their targets does")
        }
    }
}

fn any_of(globs: &Globs) -> String {
    or(globs.texts().map(|glob| format!("`{glob}`")).collect())
}

/// `a`, `a or b`, `a, b or c`.
fn or(parts: Vec<String>) -> String {
    match parts.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        parts => parts.concat(),
    }
}

fn moment(Moment(micros): Moment) -> String {
    if micros % 1_000_000 == 0 {
        humantime::format_rfc3339_seconds(wording::time(micros)).to_string()
    } else {
        wording::rfc_3339(micros)
    }
}
