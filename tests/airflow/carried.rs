//! State that development builds have left behind, read by the real Airflow once it is carried over.

use std::collections::BTreeMap;

use crate::Tables;
use crate::older::{generation, key_column, schema};
use crate::oracle::{Airflow, Answer, Answers, RowId};
use crate::statemend::statemend;
use crate::support::TestDatabase;

/// Generations that are there together; the first two have the same names.
const TOGETHER: [&[u8]; 2] = [&[1, 3], &[2]];

/// Insists that Airflow reads every row of the released tables, once it has come there from tables of every generation,
/// as it did after a repair. Puts the rows back as they were.
pub async fn reads_as_repaired(database: &TestDatabase, airflow: &mut Airflow, repaired: &Answers) {
    let start = Tables::of(database).await;
    let expected = by_name(&start, repaired);
    let keep = |table| format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}; DELETE FROM {table}");
    database.execute(&[keep("task_state_store"), keep("asset_state_store")].join("; ")).await;
    for generations in TOGETHER {
        for (place, number) in generations.iter().enumerate() {
            fill(database, *number, place, generations.len()).await;
        }
        let carry = ["carry", "--yes", "--url", database.url(), "--format", "json", "--max-findings", "10"];
        let report = statemend(&carry).exits(0).json();
        assert_eq!(report["totals"]["carried"], start.rows.len());
        let answers = airflow.ask();
        assert_eq!(answers.failing_lists(), 0);
        let read = by_name(&Tables::of(database).await, &answers);
        assert_eq!(read.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (name, answer) in &read {
            assert_eq!(*answer, expected[name], "{name:?}, of {generations:?}");
        }
        let run = report["run_id"].as_str().expect("a run");
        statemend(&["undo", run, "--yes", "--url", database.url()]).exits(0);
        assert!(Tables::of(database).await.rows.is_empty());
        for number in generations {
            let of = generation(*number);
            database.execute(&format!("DROP TABLE {}; DROP TABLE {}", of.tasks, of.assets)).await;
        }
    }
    let put_back = |table| format!("INSERT INTO {table} SELECT * FROM kept_{table}; DROP TABLE kept_{table}");
    database.execute(&[put_back("task_state_store"), put_back("asset_state_store")].join("; ")).await;
    assert_eq!(Tables::of(database).await, start);
}

/// Makes the tables of a generation, and puts a part of all rows there.
async fn fill(database: &TestDatabase, number: u8, place: usize, parts: usize) {
    let (of, key) = (generation(number), key_column(database.engine));
    let expires_at = if number == 1 { "" } else { ", expires_at" };
    let tasks = format!("dag_run_id, task_id, map_index, {key}, dag_id, run_id, value, updated_at{expires_at}");
    let assets = format!("asset_id, {key}, value, updated_at");
    let part = |column: &str| format!("{column} % {parts} = {place}");
    database.execute(schema(database.engine, number)).await;
    let copy = |into: &str, columns: &str, from: &str, part: String| {
        format!("INSERT INTO {into} ({columns}) SELECT {columns} FROM kept_{from} WHERE {part}")
    };
    let tasks = copy(of.tasks, &tasks, "task_state_store", part("id"));
    let assets = copy(of.assets, &assets, "asset_state_store", part("asset_id"));
    database.execute(&[tasks, assets].join("; ")).await;
}

/// What Airflow answered for each row, by all that names the row but an id.
fn by_name<'a>(tables: &Tables, answers: &'a Answers) -> BTreeMap<Vec<Option<String>>, &'a Answer> {
    let name = |(row, columns): (&RowId, &Vec<Option<String>>)| {
        let name = if row.is_of_task() { columns[1..5].to_vec() } else { columns[..2].to_vec() };
        (name, &answers.rows[row])
    };
    tables.rows.iter().map(name).collect()
}
