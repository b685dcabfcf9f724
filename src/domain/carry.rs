//! The way of state from the tables of Airflow's development builds into those of the release.
//!
//! A [`Route`] says which rows go where and what is copied of them. It knows nothing of values: what becomes of one is
//! decided as in a repair.

use super::generations::{self, Table};
use super::target::Target;

/// The way from an older table into the released one.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The older table.
    pub from: &'static Target,
    /// The released table. Its key here is what names a row for Airflow: ids are the database's own.
    pub to: &'static Target,
    /// The older tables that are newer than this one and may hold the same rows, the newest first; with keys as in `to`.
    pub newer: Vec<&'static Target>,
    /// The columns that are copied as they are, those of the key of `to` first.
    pub columns: Vec<&'static str>,
    /// The table of those whose state it is. The first column of the key of `to` refers to its `id`.
    pub owners: &'static str,
}

/// Why rows of a table cannot be carried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    #[error("{0} is not of a development build of Airflow, so nothing is carried out of it")]
    NotOlder(String),
    #[error("the database has no table {to}, into which the rows of {from} would be carried")]
    NoTable { from: String, to: &'static str },
    #[error("{from} has no column {column}, which {to} needs")]
    NoColumn { from: String, column: &'static str, to: &'static str },
}

impl NoRoute {
    /// What the user can do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotOlder(_) => {
                "name a table of a development build, or none for all of them; docs/tables.md lists them"
            }
            Self::NoTable { .. } => "make it as docs/tables.md tells, then run this again",
            Self::NoColumn { .. } => {
                "it is not as any known build of Airflow has made it; only SQL of your own can copy it"
            }
        }
    }
}

/// Columns that a row of the task table cannot do without, those that name it first.
const OF_TASKS: &[&str] = &["dag_run_id", "task_id", "map_index", "key", "dag_id", "run_id", "updated_at"];
/// The same of the asset table.
const OF_ASSETS: &[&str] = &["asset_id", "key", "updated_at"];
/// Columns that are copied where both tables have them. Without the first, a row never expires; without the others,
/// nobody knows who wrote it.
const MAYBE: &[&str] = &[
    "expires_at",
    "last_updated_by_kind",
    "last_updated_by_dag_id",
    "last_updated_by_run_id",
    "last_updated_by_task_id",
    "last_updated_by_map_index",
];

impl Route {
    /// The way out of one of these tables.
    ///
    /// # Errors
    /// Where there is none: the table is a released one already, or something is missing.
    pub fn out_of(from: &'static Target, tables: &[Table]) -> Result<Self, NoRoute> {
        let named = |name: &str| tables.iter().find(|table| table.name == name);
        let keyed = |&(generation, name): &(u8, &str)| named(name)?.by_name(generation).map(Target::hold);
        let known = generations::namesakes(&from.table).unwrap_or_default();
        let newer = known.iter().position(|(_, name)| *name == from.table).unwrap_or_default();
        let [released, newer @ ..] = &known[..newer] else { return Err(NoRoute::NotOlder(from.table.clone())) };
        let to = keyed(released).ok_or_else(|| NoRoute::NoTable { from: from.table.clone(), to: released.1 })?;
        let has = |name: &str, column: &str| named(name).is_some_and(|table| table.has(column));
        let (needed, owners) = match to.key.len() {
            2 => (OF_ASSETS, "asset"),
            _ => (OF_TASKS, "dag_run"),
        };
        if let Some(column) = needed.iter().find(|column| !has(&from.table, column)) {
            return Err(NoRoute::NoColumn { from: from.table.clone(), column, to: released.1 });
        }
        let both = |column: &&&str| has(&from.table, column) && has(&to.table, column);
        let columns = needed.iter().chain(MAYBE.iter().filter(both)).copied().collect();
        Ok(Self { from, to, newer: newer.iter().filter_map(keyed).collect(), columns, owners })
    }

    /// Keeps a route for as long as the process lives, as [`Target::hold`] does a target.
    pub fn hold(self) -> &'static Self {
        Box::leak(Box::new(self))
    }
}

#[cfg(test)]
mod tests {
    use super::super::generations::recognise;
    use super::super::generations::sample::{table, tables};
    use super::*;

    /// The ways out of all tables that are there, in the order in which the tables are worked on.
    fn routes(tables: &[Table]) -> Vec<Result<Route, NoRoute>> {
        recognise(tables).into_iter().map(|target| Route::out_of(target.hold(), tables)).collect()
    }

    fn names(targets: &[&Target]) -> Vec<String> {
        targets.iter().map(|target| target.table.clone()).collect()
    }

    #[test]
    fn every_older_table_has_a_way_into_its_released_one() {
        for generation in 1..=3 {
            let all = routes(&[tables(generation), tables(4)].concat());
            let [Err(NoRoute::NotOlder(_)), Err(NoRoute::NotOlder(_)), Ok(tasks), Ok(assets)] = &all[..] else {
                panic!("{all:?}")
            };
            assert_eq!(names(&[tasks.to, assets.to]), ["task_state_store", "asset_state_store"]);
            assert_eq!((tasks.owners, assets.owners), ("dag_run", "asset"));
            let keys = |target: &Target| target.key.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
            assert_eq!(keys(tasks.to), ["dag_run_id", "task_id", "map_index", "key"]);
            assert_eq!(keys(tasks.to), tasks.columns[..4]);
            assert_eq!(keys(assets.to), assets.columns[..2]);
            assert!(!tasks.columns.contains(&"id") && !tasks.columns.contains(&"value"));
            assert_eq!(tasks.columns.contains(&"expires_at"), generation > 1);
            assert_eq!(assets.columns, OF_ASSETS, "older tables do not know who wrote");
        }
    }

    #[test]
    fn the_writer_goes_along_where_both_tables_know_it() {
        let columns = ["asset_id", "key", "value", "updated_at", "last_updated_by_kind", "last_updated_by_dag_id"];
        let all = routes(&[&tables(4)[..], &[table("asset_store", &columns)]].concat());
        let Some(Ok(assets)) = all.last() else { panic!("{all:?}") };
        assert_eq!(assets.columns[3..], ["last_updated_by_kind", "last_updated_by_dag_id"]);
    }

    #[test]
    fn an_older_table_knows_those_that_are_newer() {
        let all = routes(&[tables(1), tables(3), tables(4)].concat());
        let newer: Vec<_> = all.iter().flatten().map(|route| names(&route.newer)).collect();
        let none: [&str; 0] = [];
        assert_eq!(newer, [&none[..], &none, &["task_store"], &["asset_store"]]);
        let [.., Ok(tasks), Ok(_)] = &all[..] else { panic!("{all:?}") };
        assert_eq!(tasks.newer[0].key, tasks.to.key, "rows are looked up by their names");
    }

    #[test]
    fn there_is_no_way_where_something_is_missing() {
        let no_table = |from: &str, to| Err(NoRoute::NoTable { from: from.to_owned(), to });
        let expected = [no_table("task_store", "task_state_store"), no_table("asset_store", "asset_state_store")];
        assert_eq!(routes(&tables(3)), expected);
        let no_time = [&tables(4)[..], &[table("asset_state", &["asset_id", "key", "value"])]].concat();
        let expected =
            NoRoute::NoColumn { from: "asset_state".to_owned(), column: "updated_at", to: "asset_state_store" };
        assert_eq!(routes(&no_time).pop(), Some(Err(expected)));
    }
}
