//! The state tables that builds of Airflow have made, and how they are told apart.
//!
//! Four generations carry the same Alembic revision, because development builds changed the migration that makes the
//! tables instead of adding one. Two of them even share the names. So neither a revision nor a name tells what a table
//! is like: its columns do. docs/tables.md has the whole story.

use super::reader::Reader;
use super::repair::Capacity;
use super::target::{Column, ColumnType, Target};

/// The generation of Airflow 3.3.0 and later.
pub const RELEASED: u8 = 4;

/// What the two tables of a generation are called.
#[derive(Clone, Copy)]
struct Pair {
    generation: u8,
    tasks: &'static str,
    assets: &'static str,
}

/// All names, in the order in which the tables are worked on: what Airflow reads today comes first. Generation 1 has
/// the names of generation 2.
const PAIRS: [Pair; 3] = [
    Pair { generation: RELEASED, tasks: "task_state_store", assets: "asset_state_store" },
    Pair { generation: 3, tasks: "task_store", assets: "asset_store" },
    Pair { generation: 2, tasks: "task_state", assets: "asset_state" },
];

/// The migrations of Airflow 3.3.2 from the one that adds the state tables to the newest, in their order.
const REVISIONS_WITH_TABLES: [&str; 12] = [
    "fde9ed84d07b",
    "b8f3e4a1d2c9",
    "a7f3b2c1d4e5",
    "a1b2c3d4e5f6",
    "acc215baed80",
    "8812eb67b63c",
    "a7e6d4c3b2f1",
    "c9d4e5f6a7b8",
    "c20871fbf23a",
    "dd5f3a8e2b91",
    "9ff64e1c35d3",
    "d2f4e1b3c5a7",
];

const TASK: [(&str, ColumnType); 4] = [
    ("dag_id", ColumnType::Text),
    ("run_id", ColumnType::Text),
    ("task_id", ColumnType::Text),
    ("map_index", ColumnType::Integer),
];
const TASK_KEY: [(&str, ColumnType); 4] = [
    ("dag_run_id", ColumnType::Integer),
    ("task_id", ColumnType::Text),
    ("map_index", ColumnType::Integer),
    ("key", ColumnType::Text),
];
const ASSET_KEY: [(&str, ColumnType); 2] = [("asset_id", ColumnType::Integer), ("key", ColumnType::Text)];
const WRITER: [(&str, ColumnType); 5] = [
    ("last_updated_by_kind", ColumnType::Text),
    ("last_updated_by_dag_id", ColumnType::Text),
    ("last_updated_by_run_id", ColumnType::Text),
    ("last_updated_by_task_id", ColumnType::Text),
    ("last_updated_by_map_index", ColumnType::Integer),
];

/// A table that has one of [`names`], and its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
}

/// The names that state tables have had, in the order in which the tables are worked on.
pub fn names() -> impl Iterator<Item = &'static str> {
    PAIRS.iter().flat_map(|pair| [pair.tasks, pair.assets])
}

/// The tables that have held the same state as the one with this name, each with its generation, the newest first;
/// nothing where none is called so.
pub(super) fn namesakes(name: &str) -> Option<[(u8, &'static str); PAIRS.len()]> {
    let (tasks, assets) =
        (PAIRS.map(|pair| (pair.generation, pair.tasks)), PAIRS.map(|pair| (pair.generation, pair.assets)));
    [tasks, assets].into_iter().find(|tables| tables.iter().any(|(_, known)| *known == name))
}

/// The released table for the state that tables of this name hold; nothing where none is called so.
pub fn released(name: &str) -> Option<&'static str> {
    namesakes(name).map(|[(_, released), ..]| released)
}

/// Whether the migration that adds state tables counts as applied at this revision; false where the revision is not
/// one of Airflow 3.3.2's.
pub fn has_tables(revision: &str) -> bool {
    REVISIONS_WITH_TABLES.contains(&revision)
}

/// The state tables among these tables, in the order in which they are worked on. A table that has the name of one but
/// not its key and its value is somebody else's, or of an Airflow that is yet to come.
pub fn recognise(tables: &[Table]) -> Vec<Target> {
    let named = |name: &str| tables.iter().find(|table| table.name == name);
    let pair = |pair: &Pair| {
        let tasks = named(pair.tasks);
        // The table of assets is the same in both, so its neighbour tells.
        let has_id = tasks.is_none_or(|table| table.has("id"));
        let generation = if pair.generation == 2 && !has_id { 1 } else { pair.generation };
        let tasks = tasks.and_then(|table| table.of_tasks(generation));
        [tasks, named(pair.assets).and_then(|table| table.of_assets(generation))]
    };
    PAIRS.iter().flat_map(pair).flatten().collect()
}

/// A table that is there while the other one of its generation is not, and the name of that one.
pub fn half_present<'t>(targets: &[&'t Target]) -> Option<(&'t str, &'static str)> {
    let airflows = || targets.iter().filter(|target| !target.is_own());
    let named = |name: &str| airflows().find(|target| target.table == name).map(|target| target.table.as_str());
    PAIRS.iter().find_map(|pair| match (named(pair.tasks), named(pair.assets)) {
        (Some(tasks), None) => Some((tasks, pair.assets)),
        (None, Some(assets)) => Some((assets, pair.tasks)),
        _ => None,
    })
}

impl Table {
    /// The table with those columns for a key that name a row for Airflow: an id is the database's own, and another one
    /// in each table.
    pub(super) fn by_name(&self, generation: u8) -> Option<Target> {
        match self.all(&TASK_KEY) {
            Some(name) => self.tasks(generation, name),
            None => self.of_assets(generation),
        }
    }

    fn of_tasks(&self, generation: u8) -> Option<Target> {
        let id = self.all(&[("id", ColumnType::Integer)]);
        self.tasks(generation, id.or_else(|| self.all(&TASK_KEY))?)
    }

    fn tasks(&self, generation: u8, key: Vec<Column>) -> Option<Target> {
        self.target(generation, key, &TASK, &[("key", ColumnType::Text)])
    }

    fn of_assets(&self, generation: u8) -> Option<Target> {
        let (asset, key) = ASSET_KEY.split_at(1);
        self.target(generation, self.all(&ASSET_KEY)?, asset, &[key, &WRITER].concat())
    }

    /// A target with those of the columns that are there: a list's first, then what tells its rows apart.
    fn target(
        &self,
        generation: u8,
        key: Vec<Column>,
        list: &[(&'static str, ColumnType)],
        row: &[(&'static str, ColumnType)],
    ) -> Option<Target> {
        self.has("value").then(|| {
            let mut identity = self.those(list);
            let list_columns = identity.len();
            identity.extend(self.those(row));
            let named = |name: &str| self.has(name).then(|| name.to_owned());
            let (written_at, expires_at) = (named("updated_at"), named("expires_at"));
            Target {
                table: self.name.clone(),
                generation: Some(generation),
                reader: Reader::Airflow,
                key,
                value: "value".to_owned(),
                capacity: Capacity::UNLIMITED,
                identity,
                list_columns,
                keep: written_at.iter().chain(&expires_at).cloned().collect(),
                written_at,
                expires_at,
            }
        })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column == name)
    }

    fn those(&self, columns: &[(&'static str, ColumnType)]) -> Vec<Column> {
        let there = columns.iter().filter(|(name, _)| self.has(name));
        there.map(|(name, holds)| Column { name: (*name).to_owned(), holds: *holds }).collect()
    }

    fn all(&self, columns: &[(&'static str, ColumnType)]) -> Option<Vec<Column>> {
        let there = self.those(columns);
        (there.len() == columns.len()).then_some(there)
    }
}

/// State tables for tests, made the way real ones are: from their columns.
#[cfg(test)]
pub mod sample {
    use super::*;

    const TASKS: &[&str] =
        &["id", "dag_run_id", "task_id", "map_index", "key", "dag_id", "run_id", "value", "updated_at", "expires_at"];
    const ASSETS: &[&str] = &[
        "asset_id",
        "key",
        "value",
        "updated_at",
        "last_updated_by_kind",
        "last_updated_by_dag_id",
        "last_updated_by_run_id",
        "last_updated_by_task_id",
        "last_updated_by_map_index",
    ];

    pub fn table(name: &str, columns: &[&str]) -> Table {
        Table { name: name.to_owned(), columns: columns.iter().map(|&column| column.to_owned()).collect() }
    }

    /// The tables of one generation.
    pub fn tables(generation: u8) -> [Table; 2] {
        let without_writer = &ASSETS[..4];
        match generation {
            1 => {
                let columns: Vec<&str> =
                    TASKS.iter().copied().filter(|&column| column != "id" && column != "expires_at").collect();
                [table("task_state", &columns), table("asset_state", without_writer)]
            }
            2 => [table("task_state", TASKS), table("asset_state", without_writer)],
            3 => [table("task_store", TASKS), table("asset_store", without_writer)],
            _ => [table("task_state_store", TASKS), table("asset_state_store", ASSETS)],
        }
    }

    /// The targets of one generation: tasks, assets.
    pub fn targets(generation: u8) -> [&'static Target; 2] {
        let targets: Vec<_> = recognise(&tables(generation)).into_iter().map(Target::hold).collect();
        targets.try_into().expect("both tables are recognised")
    }

    /// The task table of the release.
    pub fn tasks() -> &'static Target {
        targets(RELEASED)[0]
    }

    /// The asset table of the release.
    pub fn assets() -> &'static Target {
        targets(RELEASED)[1]
    }
}

#[cfg(test)]
mod tests {
    use super::sample::{table, tables, targets};
    use super::*;

    fn columns(columns: &[Column]) -> String {
        columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn generations_are_told_apart_by_their_columns() {
        let composite = "dag_run_id task_id map_index key";
        let cases = [
            (1, "task_state", composite),
            (2, "task_state", "id"),
            (3, "task_store", "id"),
            (4, "task_state_store", "id"),
        ];
        for (generation, table, key) in cases {
            let [tasks, assets] = targets(generation);
            assert_eq!((tasks.table.as_str(), columns(&tasks.key).as_str()), (table, key));
            assert_eq!((tasks.generation, assets.generation), (Some(generation), Some(generation)));
            assert_eq!(columns(&tasks.identity), "dag_id run_id task_id map_index key");
            assert_eq!(columns(&assets.key), "asset_id key");
            assert_eq!((tasks.list_columns, assets.list_columns), (4, 1));
            assert_eq!(tasks.keep.len(), if generation == 1 { 1 } else { 2 });
        }
    }

    #[test]
    fn all_generations_at_once_are_worked_on_newest_first() {
        let both = [2, 4, 3].map(tables).concat();
        let found: Vec<String> = recognise(&both).into_iter().map(|target| target.table).collect();
        assert_eq!(found, names().collect::<Vec<_>>());
    }

    #[test]
    fn columns_that_only_some_builds_of_a_generation_have_are_part_of_the_identity() {
        // Builds of mid-June 2026 added the writer before the tables got their last names.
        let found = recognise(&[table("asset_store", &["asset_id", "key", "value", "last_updated_by_kind"])]);
        assert_eq!(columns(&found[0].identity), "asset_id key last_updated_by_kind");
        assert_eq!((found[0].generation, found[0].written_at.as_deref(), found[0].keep.len()), (Some(3), None, 0));
    }

    #[test]
    fn what_has_a_name_but_no_key_or_no_value_is_none_of_ours() {
        let strangers = [
            table("task_state", &["task", "value"]),
            table("task_store", &["id", "payload"]),
            table("asset_state", &["asset_id", "value"]),
            table("task_state_store", &[]),
        ];
        assert_eq!(recognise(&strangers), []);
    }

    #[test]
    fn half_a_generation_is_noticed() {
        let lacks = |generation, only: usize| {
            let found = targets(generation);
            half_present(&[found[only]]).map(|(_, missing)| missing)
        };
        assert_eq!(lacks(4, 0), Some("asset_state_store"));
        assert_eq!(lacks(3, 1), Some("task_store"));
        assert_eq!(lacks(1, 0), Some("asset_state"));
        assert_eq!(half_present(&targets(2)), None);
        assert_eq!(half_present(&[]), None);
    }

    #[test]
    fn the_tables_come_with_a_revision_and_with_all_that_follow_it() {
        assert!(has_tables("fde9ed84d07b") && has_tables("d2f4e1b3c5a7"));
        assert!(!has_tables("9fabad868fdb") && !has_tables(""));
    }
}
