//! The SQLite driver: sqlx where something is written, and rusqlite for what is only read ([`reading`]).

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, ConnectOptions as _, Row as _, Sqlite, TypeInfo as _, ValueRef as _};

use super::driver::{Access, Cells, Driver};
use super::error::unreachable;
use super::location::{Host, Location};
use super::statement::Param;
use crate::domain::judge::Stored;
use crate::domain::target::ColumnType;
use crate::engine::store::{StoreError, Trouble};

pub(super) mod reading;

/// How long someone else's lock on the file is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many rows the writing connection's thread reads before it waits for them to be taken. With few, the two threads
/// wait for each other all the time.
const ROWS_AHEAD: usize = 1_024;

/// An open file.
pub(super) struct File {
    pub reading: rusqlite::Connection,
    /// Missing where the file was opened to be read.
    writing: Option<SqliteConnection>,
}

impl File {
    /// The connection that may write.
    pub fn writing(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.writing.as_mut().ok_or_else(reading::read_only)
    }
}

pub(super) async fn connect(location: &Location, access: Access) -> Result<File, StoreError> {
    let Host::File(path) = &location.host else {
        return Err(StoreError::new(Trouble::Unreachable, format!("{location} names no database file")));
    };
    if !path.is_file() {
        let what = match path.is_dir() {
            true => format!("{} is a folder, and no database file", path.display()),
            false => format!("there is no database file {}", path.display()),
        };
        return Err(StoreError::new(Trouble::Unreachable, what).hint(
            "check the path: sqlite:/// and then the path, an absolute one with its own slash; nothing is created",
        ));
    }
    let what = || format!("the database file {} could not be opened", path.display());
    // Whoever may write comes first: what somebody left half written is restored then, and can be read.
    let writing = match access {
        Access::Read => None,
        Access::Write => Some(open_to_write(path).await.map_err(|error| unreachable(what(), error))?),
    };
    let (reading, encoding) = match reading::open(path, PATIENCE) {
        Err(error) if is_half_written(&error) => {
            let what = format!("{}: somebody was cut short while writing it", what());
            return Err(StoreError::new(Trouble::Unreachable, what).hint(
                "whoever opens it for writing next restores it, such as Airflow or `statemend repair`; reading alone \
                 cannot",
            ));
        }
        opened => opened.map_err(|error| unreachable(what(), error))?,
    };
    if encoding == "UTF-8" {
        Ok(File { reading, writing })
    } else {
        let what = format!("the database file {} stores text as {encoding}", path.display());
        Err(StoreError::new(Trouble::Unreachable, what).hint("only UTF-8 databases, as Airflow makes them, are known"))
    }
}

async fn open_to_write(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(PATIENCE)
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    // Opening reads nothing; the first look into the file restores it.
    sqlx::query("PRAGMA encoding").execute(&mut connection).await?;
    Ok(connection)
}

/// Whether there is a journal of SQLite's own to be rolled back, which takes the right to write: SQLITE_READONLY_ROLLBACK.
fn is_half_written(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("776"))
}

/// Takes the lock on the file at once, so that nobody can come between the first look and the change.
pub(super) const BEGIN_TO_WRITE: &str = "BEGIN IMMEDIATE";

impl Driver for Sqlite {
    const KEEPS_STATEMENTS: bool = true;

    fn arguments(params: &[Param<'_>]) -> Result<SqliteArguments, sqlx::Error> {
        let mut arguments = SqliteArguments::default();
        for param in params {
            match param {
                Param::Integer(integer) => arguments.add(integer),
                Param::Text(text) => arguments.add(text),
                Param::Null => arguments.add(None::<&str>),
                Param::Integers(_) | Param::Texts(_) => {
                    unreachable!("SQLite has no arrays, and its SQL asks for none")
                }
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }

    fn matched(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }
}

impl Cells for SqliteRow {
    fn integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        self.try_get_unchecked(index)
    }

    fn text(&self, index: usize) -> Result<Option<&str>, sqlx::Error> {
        self.try_get_unchecked(index)
    }

    fn insist(&self, index: usize, wanted: ColumnType) -> Result<(), sqlx::Error> {
        let value = self.try_get_raw(index)?;
        let found = value.type_info();
        // Of a null, sqlx names the type that its column was declared with.
        check_key(wanted, if value.is_null() { "NULL" } else { found.name() })
    }

    fn value(&self, index: usize) -> Result<Stored<'_>, sqlx::Error> {
        let is_blob = self.try_get_raw(index)?.type_info().name() == "BLOB";
        let bytes = self.try_get_unchecked(index)?;
        Ok(if is_blob { Stored::Blob(bytes) } else { Stored::Text(bytes) })
    }
}

/// Whether a key holds what its column should, by the name of the type that was found.
fn check_key(wanted: ColumnType, found: &str) -> Result<(), sqlx::Error> {
    let wanted = match wanted {
        ColumnType::Integer => "INTEGER",
        ColumnType::Text => "TEXT",
    };
    if found == wanted {
        return Ok(());
    }
    Err(sqlx::Error::Decode(format!("a key holds {found} where its column should hold {wanted}").into()))
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Connection as _};

    use super::super::carry;
    use super::super::location::Dialect;
    use super::super::statement::{Fill, Names, Statement, sql};
    use super::super::windows::fills;
    use super::*;
    use crate::domain::carry::Route;
    use crate::domain::generations::sample::{tables, targets};
    use crate::domain::target::{Key, Scalar, Target};
    use crate::engine::store::{Besides, Span};

    fn part(holds: ColumnType, number: i64) -> Scalar {
        match holds {
            ColumnType::Integer => Scalar::Integer(number),
            ColumnType::Text => Scalar::Text(number.to_string()),
        }
    }

    fn keys(target: &Target, count: i64) -> Vec<Key> {
        let key = |number| Key(target.key.iter().map(|column| part(column.holds, number)).collect());
        (0..count).map(key).collect()
    }

    fn with_new_value(key: &Key) -> Vec<Param<'_>> {
        key.0.iter().map(Param::from).chain([Param::Text("new")]).collect()
    }

    /// What SQLite says that it would do.
    async fn plan(statement: Statement<'_>, connection: &mut SqliteConnection) -> Vec<String> {
        let arguments = Sqlite::arguments(&statement.params).expect("parameters that SQLite takes");
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", statement.text));
        let rows = sqlx::query_with(explain, arguments).fetch_all(connection).await.expect("a statement SQLite takes");
        rows.iter().map(|row| row.get::<String, _>(3)).collect()
    }

    #[test]
    fn no_statement_about_some_rows_walks_through_the_whole_table() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(look_at_plans());
    }

    async fn look_at_plans() {
        let schemas = [
            (1, include_str!("../../fixtures/airflow/dev/1/sqlite.sql")),
            (2, include_str!("../../fixtures/airflow/dev/2/sqlite.sql")),
            (3, include_str!("../../fixtures/airflow/dev/3/sqlite.sql")),
            (4, include_str!("../../fixtures/airflow/3.3.2/sqlite.sql")),
        ];
        for (generation, schema) in schemas {
            let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database in memory");
            sqlx::raw_sql(schema).execute(&mut connection).await.expect("Airflow's tables");
            look_at_plans_about(&targets(generation), &mut connection).await;
        }
    }

    async fn look_at_plans_about(targets: &[&Target], connection: &mut SqliteConnection) {
        let names = Names { dialect: Dialect::Sqlite, schema: "main".to_owned() };
        for target in targets {
            let keys = keys(target, 3);
            let (after, until) = (Some(&keys[0]), &keys[2]);
            let span = Span { after, until, since: None, rows: 1000, besides: Besides::Nothing };
            let (window, some) = (fills(span), fills(Span { since: Some(0), ..span }));
            // A block of a shard begins and ends with the first column of a key.
            let [first, last] = [&keys[0], &keys[2]].map(|key| Key(key.0[..1].to_vec()));
            let block = fills(Span { after: Some(&first), until: &last, ..span });
            let key_in = [("key_in", Fill::KeyIn(keys.iter().collect()))];
            let list = target.list_columns().iter().map(|column| part(column.holds, 1)).collect::<Vec<_>>();
            let list_in = [("list_in", Fill::ListIn(vec![&list]))];
            let new_values = [("new_values", Fill::Rows(keys.iter().map(with_new_value).collect()))];
            let statements = [
                names.about(target, sql!("window"), &window),
                names.about(target, sql!("window"), &block),
                names.about(target, sql!("window"), &some),
                names.about(target, sql!("window_with_facts"), &some),
                names.about(target, sql!("look_up"), &key_in),
                names.about(target, sql!("boundary"), &window),
                names.about(target, sql!("identify"), &key_in),
                names.about(target, sql!(Dialect::Sqlite, "lock"), &key_in),
                names.about(target, sql!("count_rows_of_lists"), &list_in),
                names.about(target, sql!(Dialect::Sqlite, "update"), &new_values),
            ];
            for statement in statements {
                goes_straight(statement, &target.table, connection).await;
            }
        }
    }

    async fn goes_straight(statement: Statement<'_>, table: &str, connection: &mut SqliteConnection) {
        let text = statement.text.clone();
        let plan = plan(statement, connection).await;
        let scans = [table, "target", "source", "owner"].map(|table| format!("SCAN {table}"));
        let walks = plan.iter().any(|step| scans.iter().any(|scan| step.starts_with(scan)));
        let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE") && text.contains("LIMIT"));
        assert!(!walks && !sorts, "{text}\n{plan:#?}");
    }

    #[test]
    fn no_statement_of_a_carry_walks_through_a_whole_table() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(look_at_plans_of_a_carry());
    }

    async fn look_at_plans_of_a_carry() {
        let schemas = [
            (1, include_str!("../../fixtures/airflow/dev/1/sqlite.sql")),
            (3, include_str!("../../fixtures/airflow/dev/3/sqlite.sql")),
        ];
        let names = Names { dialect: Dialect::Sqlite, schema: "main".to_owned() };
        for (generation, schema) in schemas {
            let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a database in memory");
            let released = include_str!("../../fixtures/airflow/3.3.2/sqlite.sql");
            for schema in [released, schema] {
                sqlx::raw_sql(schema).execute(&mut connection).await.expect("Airflow's tables");
            }
            for from in targets(generation) {
                let route = Route::out_of(from, &[tables(generation), tables(4)].concat()).expect("a way").hold();
                let wanted = keys(route.to, 3);
                let of_older = keys(from, 3);
                let look = carry::look(&names, route, &of_older);
                let look_up = carry::look_up(&names, route.to, &wanted.iter().collect::<Vec<_>>());
                let delete = [("key_in", Fill::KeyIn(wanted.iter().collect()))];
                let delete = names.about(route.to, sql!("delete"), &delete);
                for statement in [look, look_up, delete] {
                    goes_straight(statement, &route.to.table, &mut connection).await;
                }
            }
        }
    }
}
