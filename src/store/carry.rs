//! From an older table into the released one: what stands in the way of rows, and copying those that nothing is in the way
//! of.
//!
//! Nothing is locked, since the role may have no right to change the older table. So copying takes only rows that are as
//! they were when they were read, and of the released table only what is free; where either has changed meanwhile, the
//! chunk is overtaken, and the engine looks again.

use std::collections::{HashMap, HashSet};

use super::chunk::looked_for;
use super::connection::Transaction;
use super::driver::Cells;
use super::error::failed_on_values;
use super::location::Dialect;
use super::source::{key, keys_at_once, row, scalars, value_and_time, value_index};
use super::statement::{Fill, Names, Param, Statement, sql};
use crate::domain::carry::Route;
use crate::domain::target::{Key, Target};
use crate::engine::store::{Besides, Candidate, Change, LockedRow, Namesake, StoreError, Trouble};

/// Reads rows of an older table, in the order of their keys, and what else there is under their names.
pub(super) async fn candidates(
    transaction: &mut Transaction<'_>,
    names: &Names,
    route: &'static Route,
    keys: &[Key],
) -> Result<Vec<Candidate>, StoreError> {
    let rows = rows(transaction, names, route, keys).await?;
    let wanted: Vec<&Key> = rows.iter().map(|(_, name, _)| name).collect();
    let mut newer = HashMap::new();
    // The newest comes last, and stays.
    for target in route.newer.iter().rev() {
        newer.extend(namesakes(transaction, names, target, &wanted).await?);
    }
    let mut there = namesakes(transaction, names, route.to, &wanted).await?;
    let candidate = |(row, name, has_owner): (LockedRow, Key, bool)| {
        let (newer, there) = (newer.remove(&name), there.remove(&name));
        (row.key.clone(), Candidate { row, name, has_owner, newer, there })
    };
    let mut candidates: HashMap<Key, Candidate> = rows.into_iter().map(candidate).collect();
    Ok(keys.iter().filter_map(|key| candidates.remove(key)).collect())
}

/// Rows of the older table, in no order, each with its name and whether it has an owner.
async fn rows(
    transaction: &mut Transaction<'_>,
    names: &Names,
    route: &Route,
    keys: &[Key],
) -> Result<Vec<(LockedRow, Key, bool)>, StoreError> {
    let what = format!("rows of {} could not be read", route.from.table);
    let name_at = value_index(route.from, Besides::Facts) + 2;
    let read = |cells: &dyn Cells| {
        let name = Key(scalars(cells, &route.to.key, name_at)?);
        let has_owner = cells.says_yes(name_at + name.0.len())?;
        Ok((row(cells, route.from)?, name, has_owner))
    };
    let mut found = Vec::with_capacity(keys.len());
    for keys in keys.chunks(keys_at_once(names.dialect, route.from.key.len())) {
        found.extend(transaction.rows(&what, look(names, route, keys), read).await?);
    }
    Ok(found)
}

pub(super) fn look<'s>(names: &Names, route: &'s Route, keys: &'s [Key]) -> Statement<'s> {
    let name: Vec<&str> = route.to.key.iter().map(|column| column.name.as_str()).collect();
    let fills = [
        ("owner", Fill::Columns(name[..1].to_vec())),
        ("name", Fill::Columns(name)),
        ("owners", Fill::Table(route.owners)),
        ("key_in", Fill::KeyIn(keys.iter().collect())),
    ];
    names.about(route.from, sql!("candidates"), &fills)
}

/// The rows that a table has under these names. To the table, names that differ in case or in accents may be the same, so
/// a row that is found may have a name that nobody asked for. Then the names are asked for in ever smaller groups: what is
/// found where a single name is asked for is the row of that name.
async fn namesakes(
    transaction: &mut Transaction<'_>,
    names: &Names,
    target: &Target,
    wanted: &[&Key],
) -> Result<HashMap<Key, Namesake>, StoreError> {
    let mut found = HashMap::with_capacity(wanted.len());
    let mut groups: Vec<&[&Key]> = wanted.chunks(keys_at_once(names.dialect, target.key.len())).collect();
    while let Some(group) = groups.pop() {
        let rows = under(transaction, names, target, group).await?;
        if let [name] = group {
            found.extend(rows.into_iter().map(|(_, namesake)| ((*name).clone(), namesake)));
            continue;
        }
        let asked_for: HashSet<&Key> = group.iter().copied().collect();
        if rows.iter().all(|(name, _)| asked_for.contains(name)) {
            found.extend(rows);
        } else {
            let (first, second) = group.split_at(group.len() / 2);
            groups.extend([first, second]);
        }
    }
    Ok(found)
}

async fn under(
    transaction: &mut Transaction<'_>,
    names: &Names,
    target: &Target,
    wanted: &[&Key],
) -> Result<Vec<(Key, Namesake)>, StoreError> {
    let what = format!("rows of {} could not be looked up", target.table);
    let read = |cells: &dyn Cells| {
        let (value, written_at) = value_and_time(cells, target.key.len())?;
        Ok((key(cells, target)?, Namesake { value, written_at }))
    };
    transaction.rows(&what, look_up(names, target, wanted), read).await
}

pub(super) fn look_up<'s>(names: &Names, target: &Target, wanted: &[&'s Key]) -> Statement<'s> {
    names.about(target, sql!("namesakes"), &[("key_in", Fill::KeyIn(wanted.to_vec()))])
}

/// Copies rows that were read in the same transaction.
pub(super) async fn insert(
    transaction: &mut Transaction<'_>,
    names: &Names,
    route: &'static Route,
    changes: &[Change<'_>],
) -> Result<(), StoreError> {
    match names.dialect {
        Dialect::Postgres => run(transaction, route, by_arrays(names, route, changes), changes.len()).await,
        Dialect::MySql => {
            let (mended, as_is): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.effect.after().is_some());
            for (changes, template) in [(mended, sql!(Dialect::MySql, "insert")), (as_is, AS_IS)] {
                if !changes.is_empty() {
                    run(transaction, route, by_cases(names, route, template, &changes), changes.len()).await?;
                }
            }
            Ok(())
        }
        Dialect::Sqlite => run(transaction, route, by_rows(names, route, changes), changes.len()).await,
    }
}

/// A statement stays prepared by its text, so values that stay as they are have one of their own.
const AS_IS: &str = include_str!("sql/mysql/insert_as_is.sql");

fn by_arrays<'s>(names: &Names, route: &'s Route, changes: &'s [Change<'_>]) -> Statement<'s> {
    let after = changes.iter().map(|change| change.effect.after()).collect();
    let written = changes.iter().map(|change| change.written_at).collect();
    let fills = [
        ("key_arrays", Fill::KeyArrays(changes.iter().map(looked_for).collect())),
        ("after", Fill::Param(Param::Texts(after))),
        ("written", Fill::Param(Param::Texts(written))),
    ];
    copy(names, route, sql!(Dialect::Postgres, "insert"), fills)
}

fn by_cases<'s>(names: &Names, route: &'s Route, template: &str, changes: &[&'s Change<'_>]) -> Statement<'s> {
    let pair = |change: &&'s Change<'_>, text: Option<&'s str>| (looked_for(change), text.unwrap_or_default());
    let values = rounded_up(changes.iter().map(|change| pair(change, change.effect.after())).collect());
    let written = rounded_up(changes.iter().map(|change| pair(change, change.written_at)).collect());
    let fills = [
        ("new_values", Fill::NewValues(values)),
        ("key_in", Fill::KeyIn(changes.iter().copied().map(looked_for).collect())),
        ("written", Fill::NewValues(written)),
    ];
    copy(names, route, template, fills)
}

/// So many that their number is a power of two: of the values of one key the first counts, so the others say nothing.
fn rounded_up<'s>(mut values: Vec<(&'s Key, &'s str)>) -> Vec<(&'s Key, &'s str)> {
    if let Some((key, _)) = values.last().copied() {
        values.resize(values.len().next_power_of_two(), (key, ""));
    }
    values
}

fn by_rows<'s>(names: &Names, route: &'s Route, changes: &'s [Change<'_>]) -> Statement<'s> {
    let maybe = |text: Option<&'s str>| text.map_or(Param::Null, Param::Text);
    let row = |change: &'s Change<'_>| {
        let key = looked_for(change).0.iter().map(Param::from);
        key.chain([maybe(change.effect.after()), maybe(change.written_at)]).collect()
    };
    let rows = [("new_values", Fill::Rows(changes.iter().map(row).collect()))];
    copy(names, route, sql!(Dialect::Sqlite, "insert"), rows)
}

/// A statement that copies rows, with what all such statements have in common.
fn copy<'s, const N: usize>(
    names: &Names,
    route: &'s Route,
    template: &str,
    fills: [(&str, Fill<'s>); N],
) -> Statement<'s> {
    let common = [("into", Fill::Table(&route.to.table)), ("columns", Fill::Columns(route.columns.clone()))];
    let fills: Vec<_> = common.into_iter().chain(fills).collect();
    names.about(route.from, template, &fills)
}

/// A statement that copies nothing, and so tells whether rows could be copied.
pub(super) fn may_carry<'s>(names: &Names, route: &'s Route) -> Statement<'s> {
    copy(names, route, sql!("may_carry"), [])
}

async fn run(
    transaction: &mut Transaction<'_>,
    route: &Route,
    statement: Statement<'_>,
    rows: usize,
) -> Result<(), StoreError> {
    let (from, to) = (&route.from.table, &route.to.table);
    let what = format!("rows of {from} could not be copied into {to}");
    let copied = transaction.try_run(statement).await.map_err(|error| not_copied(&what, error))?;
    if copied == rows as u64 {
        return Ok(());
    }
    let what = format!("of {rows} rows of {from}, {copied} are as they were a moment ago");
    Err(StoreError::new(Trouble::Overtaken, what))
}

/// Somebody may have put another row in the place meanwhile, or taken the owner away.
fn not_copied(what: &str, error: sqlx::Error) -> StoreError {
    let overtaken =
        error.as_database_error().is_some_and(|error| error.is_unique_violation() || error.is_foreign_key_violation());
    let error = failed_on_values(what, error);
    if overtaken { StoreError { trouble: Trouble::Overtaken, ..error } } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::generations::sample::{tables, targets};
    use crate::domain::target::Scalar;
    use crate::engine::store::Effect;

    fn effect(id: i64, after: Option<&str>) -> Effect {
        let (from, after) = (Key(vec![Scalar::Integer(id)]), after.map(str::to_owned));
        Effect::Carry { from, after, bytes: 1, sha256: [0; 32] }
    }

    fn statement(dialect: Dialect, effects: &[Effect]) -> String {
        let route = Route::out_of(targets(2)[0], &[tables(2), tables(4)].concat()).expect("a way").hold();
        let names = Names { dialect, schema: "s".to_owned() };
        let key = Key(Vec::new());
        let change = |effect| Change { seq: 1, key: &key, kind: "", action: "", effect, written_at: Some("noon") };
        let changes: Vec<Change<'_>> = effects.iter().map(change).collect();
        let borrowed: Vec<&Change<'_>> = changes.iter().collect();
        match dialect {
            Dialect::Postgres => by_arrays(&names, route, &changes).text,
            Dialect::MySql => by_cases(&names, route, AS_IS, &borrowed).text,
            Dialect::Sqlite => by_rows(&names, route, &changes).text,
        }
    }

    #[test]
    fn what_is_copied_stays_in_the_database_but_for_new_values() {
        let postgres = statement(Dialect::Postgres, &[effect(1, None), effect(2, Some("x"))]);
        let copied = r#"INSERT INTO "s"."task_state_store" ("dag_run_id", "task_id", "map_index", "key", "dag_id", "#;
        assert!(postgres.starts_with(copied), "{postgres}");
        assert!(postgres.contains(r#"COALESCE(carried.after, target."value")"#), "{postgres}");
    }

    #[test]
    fn statements_that_stay_prepared_come_in_few_texts() {
        let of = |count| statement(Dialect::MySql, &(0..count).map(|id| effect(id, None)).collect::<Vec<_>>());
        assert_eq!(of(5), of(8));
        assert_ne!(of(4), of(5));
        let sqlite = |after| statement(Dialect::Sqlite, &[effect(1, after)]);
        assert_eq!(sqlite(None), sqlite(Some("x")));
    }
}
