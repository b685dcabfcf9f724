//! Tables of the user's own: what the database says of them, held against how they were declared.

use super::catalog::SqlStore;
use super::connection::Transaction;
use super::driver::{Access, Cells};
use super::location::{Dialect, Location};
use super::statement::{Names, sql, text};
use crate::domain::generations::Table;
use crate::domain::own::{Declared, Described, DescribedColumn, Holds, Misfit};
use crate::domain::repair::Capacity;
use crate::domain::target::Target;
use crate::engine::store::{StoreError, Trouble};

impl SqlStore {
    /// Takes up tables that a run in the journal has worked on, so that they can be worked on again.
    pub async fn take_up(&mut self, own: &[Declared]) -> Result<Vec<&'static Target>, StoreError> {
        let names = &self.names;
        let mut targets = Vec::new();
        for declared in own {
            let settle = async |read: &mut Transaction<'_>| settle(read, names, declared).await;
            targets.push(self.connection.within(Access::Read, settle).await?);
        }
        Ok(targets)
    }
}

/// The target that a declaration means.
pub(super) async fn settle(
    transaction: &mut Transaction<'_>,
    names: &Names,
    declared: &Declared,
) -> Result<&'static Target, StoreError> {
    let described = describe(transaction, names, &declared.table).await?;
    if described.columns.is_empty() {
        return Err(StoreError::new(Trouble::Missing, format!("there is no table {}", declared.table)));
    }
    let misfit = |misfit: Misfit| {
        let what = format!("the table {} cannot be worked on: {misfit}", declared.table);
        StoreError::new(Trouble::Missing, what).hint(misfit.hint())
    };
    let target = declared.settle(&described).map_err(misfit)?.hold();
    match names.dialect {
        Dialect::MySql => insist_on_transactions(transaction, names, target).await?,
        Dialect::Sqlite => insist_on_order(transaction, names, target).await?,
        Dialect::Postgres => {}
    }
    Ok(target)
}

/// A declaration of a table that the database has only in another schema, or not at all.
pub(super) fn absent(
    declared: &Declared,
    location: &Location,
    schema: &str,
    elsewhere: &[(String, Table)],
) -> StoreError {
    let table = &declared.table;
    match elsewhere.iter().find(|(_, found)| found.name == *table) {
        Some((other, _)) => {
            let what = format!("the table {table} is in the schema {other}, and others of this run are in {schema}");
            StoreError::new(Trouble::Missing, what).hint(format!(
                "a run works on tables of one schema, where its journal is: work on this one alone, with \
                 ?options=-csearch_path%3D{other} in the URL"
            ))
        }
        None => {
            let what = format!("{location} has no table {table}, which the rules declare as a target");
            let hint = match table.split_once('.') {
                Some((schema, _)) if location.dialect == Dialect::Postgres => format!(
                    "a target is named without its schema, which the URL names: ?options=-csearch_path%3D{schema}"
                ),
                Some(_) => "a target is named without its database, which the URL names".to_owned(),
                None => "check its name, the URL's database and schema, and the role's grants; `--table` picks others"
                    .to_owned(),
            };
            StoreError::new(Trouble::Missing, what).hint(hint)
        }
    }
}

/// A declaration of one of Airflow's own tables.
pub(super) fn taken(declared: &Declared) -> StoreError {
    let what = format!("{} is one of Airflow's state tables, and the rules declare it as a target", declared.table);
    StoreError::new(Trouble::Missing, what).hint("leave the target out: Airflow's tables are worked on in any case")
}

async fn describe(transaction: &mut Transaction<'_>, names: &Names, table: &str) -> Result<Described, StoreError> {
    let table_text = names.table(table);
    let fills = [("table_text", text(&table_text)), ("name", text(table))];
    let what = format!("the columns of {table} could not be listed");
    let statement = names.statement(sql!(names.dialect, "describe"), &fills);
    let read = |cells: &dyn Cells| column(names.dialect, cells);
    let columns = transaction.rows(&what, statement, read).await?;
    let what = format!("the indexes of {table} could not be listed");
    let statement = names.statement(sql!(names.dialect, "unique_indexes"), &fills);
    let parts = transaction.rows(&what, statement, IndexPart::read).await?;
    Ok(Described { columns, unique: unique(&parts) })
}

fn column(dialect: Dialect, cells: &dyn Cells) -> Result<DescribedColumn, sqlx::Error> {
    let owned = |index| cells.owned(index).map(Option::unwrap_or_default);
    let length = |index| Ok::<_, sqlx::Error>(cells.integer(index)?.map_or(u64::MAX, i64::unsigned_abs));
    let (name, type_name) = (owned(0)?, owned(1)?.to_ascii_lowercase());
    let capacity = Capacity { characters: length(2)?, bytes: length(3)? };
    let holds = match dialect {
        Dialect::Postgres => postgres(&type_name, capacity),
        Dialect::MySql => mysql(&type_name, capacity),
        Dialect::Sqlite => sqlite(&type_name),
    };
    let is_time = match dialect {
        Dialect::Postgres => ["timestamp", "timestamptz"].contains(&type_name.as_str()),
        Dialect::MySql => ["datetime", "timestamp"].contains(&type_name.as_str()),
        // It keeps them as text, whatever the type's name.
        Dialect::Sqlite => holds != Holds::Integer,
    };
    let (may_be_null, is_generated, changes_by_itself) = (cells.says_yes(4)?, cells.says_yes(5)?, cells.says_yes(6)?);
    Ok(DescribedColumn { name, holds, type_name, is_time, may_be_null, is_generated, changes_by_itself })
}

fn postgres(type_name: &str, capacity: Capacity) -> Holds {
    match type_name {
        "int2" | "int4" | "int8" => Holds::Integer,
        "text" | "varchar" => Holds::Text(capacity),
        "json" | "jsonb" => Holds::Json,
        _ => Holds::Other,
    }
}

/// Of CHAR, spaces at the end do not come out as they went in.
fn mysql(type_name: &str, capacity: Capacity) -> Holds {
    match type_name {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => Holds::Integer,
        "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Holds::Text(capacity),
        "json" => Holds::Json,
        _ => Holds::Other,
    }
}

/// SQLite has types by what their names remind it of, in this order (Datatypes In SQLite, 3.1). Where that is neither an
/// integer nor text, it makes a number of every text that looks like one.
fn sqlite(type_name: &str) -> Holds {
    let has = |words: &[&str]| words.iter().any(|word| type_name.contains(word));
    if has(&["int"]) {
        Holds::Integer
    } else if has(&["char", "clob", "text"]) {
        Holds::Text(Capacity::UNLIMITED)
    } else {
        Holds::Other
    }
}

/// A column of an index.
struct IndexPart {
    index: Option<String>,
    column: String,
    /// Whether the index can be walked along it.
    is_ordered: bool,
    downwards: bool,
}

impl IndexPart {
    fn read(cells: &dyn Cells) -> Result<Self, sqlx::Error> {
        Ok(Self {
            index: cells.owned(0)?,
            column: cells.owned(1)?.unwrap_or_default(),
            is_ordered: cells.says_yes(2)?,
            downwards: cells.says_yes(3)?,
        })
    }
}

/// The columns of each index that can be walked along all of them in one direction.
fn unique(parts: &[IndexPart]) -> Vec<Vec<String>> {
    let indexes = parts.chunk_by(|one, next| one.index == next.index);
    let walkable =
        |parts: &&[IndexPart]| parts.iter().all(|part| part.is_ordered && part.downwards == parts[0].downwards);
    indexes.filter(walkable).map(|parts| parts.iter().map(|part| part.column.clone()).collect()).collect()
}

/// Row and journal change together or not at all.
async fn insist_on_transactions(
    transaction: &mut Transaction<'_>,
    names: &Names,
    target: &Target,
) -> Result<(), StoreError> {
    let transactional = include_str!("sql/mysql/transactional.sql");
    let statement = names.statement(transactional, &[("name", text(&target.table))]);
    let engine = |cells: &dyn Cells| Ok(Some((cells.owned(0)?.unwrap_or_default(), cells.says_yes(1)?)));
    match transaction.one("the table's storage engine could not be read", statement, engine).await? {
        Some((engine, false)) => {
            let what = format!("the table {} is kept by {engine}, which knows no transactions", target.table);
            Err(StoreError::new(Trouble::Missing, what).hint("ALTER TABLE … ENGINE = InnoDB"))
        }
        _ => Ok(()),
    }
}

/// A window walks along the key. SQLite tells only in this way whether it can.
async fn insist_on_order(transaction: &mut Transaction<'_>, names: &Names, target: &Target) -> Result<(), StoreError> {
    let statement = names.about(target, include_str!("sql/sqlite/ordered.sql"), &[]);
    let step = |cells: &dyn Cells| Ok(cells.text(3)?.unwrap_or_default().contains("TEMP B-TREE"));
    let sorts = transaction.rows("the order of the table could not be looked at", statement, step).await?;
    if !sorts.contains(&true) {
        return Ok(());
    }
    let what = format!("no index of the table {} runs along its key as comparisons do", target.table);
    Err(StoreError::new(Trouble::Missing, what)
        .hint("the columns of the index have another collation than those of the table, or run in two directions"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_by_their_names() {
        let capacity = Capacity::characters(9);
        for (holds, expected) in [
            (postgres("int8", capacity), Holds::Integer),
            (postgres("varchar", capacity), Holds::Text(capacity)),
            (postgres("bpchar", capacity), Holds::Other),
            (postgres("jsonb", capacity), Holds::Json),
            (mysql("longtext", capacity), Holds::Text(capacity)),
            (mysql("char", capacity), Holds::Other),
            (mysql("blob", capacity), Holds::Other),
            (sqlite("bigint unsigned"), Holds::Integer),
            (sqlite("varchar(10)"), Holds::Text(Capacity::UNLIMITED)),
            (sqlite("datetime"), Holds::Other),
            (sqlite("json"), Holds::Other),
            (sqlite(""), Holds::Other),
        ] {
            assert_eq!(holds, expected);
        }
    }

    #[test]
    fn only_an_index_that_runs_one_way_along_all_of_its_columns_counts() {
        let part = |index: &str, column: &str, is_ordered, downwards| IndexPart {
            index: Some(index.to_owned()),
            column: column.to_owned(),
            is_ordered,
            downwards,
        };
        let parts = [
            part("a", "x", true, true),
            part("a", "y", true, true),
            part("b", "x", true, true),
            part("b", "y", true, false),
            part("c", "x", false, false),
            part("d", "z", true, false),
        ];
        assert_eq!(unique(&parts), [vec!["x".to_owned(), "y".to_owned()], vec!["z".to_owned()]]);
    }
}
