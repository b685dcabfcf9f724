//! The state tables of Airflow's development builds: making them, and filling them.
#![allow(dead_code, reason = "every test file uses another part of this")]

use crate::support::{Engine, TestDatabase};

/// The tables of one generation.
pub struct Generation {
    pub number: u8,
    pub tasks: &'static str,
    pub assets: &'static str,
}

pub const GENERATIONS: [Generation; 4] = [
    Generation { number: 1, tasks: "task_state", assets: "asset_state" },
    Generation { number: 2, tasks: "task_state", assets: "asset_state" },
    Generation { number: 3, tasks: "task_store", assets: "asset_store" },
    Generation { number: 4, tasks: "task_state_store", assets: "asset_state_store" },
];

pub fn generation(number: u8) -> &'static Generation {
    &GENERATIONS[usize::from(number) - 1]
}

pub fn schema(engine: Engine, number: u8) -> &'static str {
    macro_rules! of_generation {
        ($number:literal) => {
            match engine {
                Engine::Sqlite => include_str!(concat!("../../fixtures/airflow/dev/", $number, "/sqlite.sql")),
                Engine::Postgres => include_str!(concat!("../../fixtures/airflow/dev/", $number, "/postgresql.sql")),
                Engine::MySql => include_str!(concat!("../../fixtures/airflow/dev/", $number, "/mysql.sql")),
            }
        };
    }
    match number {
        1 => of_generation!("1"),
        2 => of_generation!("2"),
        _ => of_generation!("3"),
    }
}

/// A database that builds of these generations have left behind.
pub async fn left_by(engine: Engine, numbers: &[u8]) -> TestDatabase {
    let database = TestDatabase::fresh(engine).await;
    if !numbers.contains(&4) {
        database.execute("DROP TABLE task_state_store; DROP TABLE asset_state_store").await;
    }
    for number in numbers.iter().filter(|&&number| number < 4) {
        database.execute(schema(engine, *number)).await;
    }
    database
}

pub fn key_column(engine: Engine) -> &'static str {
    if engine == Engine::MySql { "`key`" } else { "\"key\"" }
}

/// A row of a task table: run, task, map index, key, value.
pub type Task<'t> = (u8, &'t str, i32, &'t str, &'t str);

pub async fn fill_tasks(database: &TestDatabase, table: &str, rows: &[Task<'_>]) {
    let literal = |text: &str| database.engine.literal(text);
    let row = |&(run, task, index, key, value): &Task<'_>| {
        let (task, key, value) = (literal(task), literal(key), literal(value));
        format!("({run}, {task}, {index}, {key}, 'example', 'run {run}', {value}, '2026-05-04 03:02:01')")
    };
    let columns =
        ["dag_run_id, task_id, map_index, ", key_column(database.engine), ", dag_id, run_id, value, updated_at"];
    insert(database, table, &columns.concat(), rows.iter().map(row).collect()).await;
}

pub async fn fill_assets(database: &TestDatabase, table: &str, rows: &[(u8, &str, &str)]) {
    let literal = |text: &str| database.engine.literal(text);
    let row = |&(asset, key, value): &(u8, &str, &str)| {
        format!("({asset}, {}, {}, '2026-05-04 03:02:01')", literal(key), literal(value))
    };
    let columns = ["asset_id, ", key_column(database.engine), ", value, updated_at"].concat();
    insert(database, table, &columns, rows.iter().map(row).collect()).await;
}

pub async fn insert(database: &TestDatabase, table: &str, columns: &str, rows: Vec<String>) {
    let mut connection = database.connect().await;
    // One transaction, because SQLite would otherwise sync its file after every statement.
    connection.execute("BEGIN").await;
    for rows in rows.chunks(200) {
        connection.execute(&format!("INSERT INTO {table} ({columns}) VALUES {}", rows.join(", "))).await;
    }
    connection.execute("COMMIT").await;
}

pub type Rows = Vec<Vec<Option<String>>>;

/// Everything in the tables of a generation.
pub async fn dump(database: &TestDatabase, generation: &Generation) -> [Rows; 2] {
    let all = async |table: &str| database.rows(&format!("SELECT * FROM {table} ORDER BY 1, 2, 3, 4")).await;
    [all(generation.tasks).await, all(generation.assets).await]
}
