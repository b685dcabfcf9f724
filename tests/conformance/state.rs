//! State rows to test with: filling the tables, and taking down all that stands in them.

use crate::support::{Engine, TestDatabase};

/// One value of every kind that text can have, with what its rewrite must be; nothing where it stays as it is.
pub const KINDS: &[(&str, &str, Option<&str>)] = &[
    ("empty", "", Some(r#""""#)),
    ("python_literal", "{'a': None}", Some(r#""{'a': None}""#)),
    ("bare_reference", "s3://bucket/key", Some(r#""s3://bucket/key""#)),
    ("encoded", "gASVHQAAAAAAAAB9lCiMAmxylEc/UGJN0vGp/IwEc3RlcJRNECd1Lg==", Some("")),
    ("broken_json", r#"{"a": "b"#, Some(r#""{\"a\": \"b""#)),
    ("raw_text", "läuft\tnoch 🦀", Some(r#""l\u00e4uft\tnoch \ud83e\udd80""#)),
    ("lone_surrogate", r#"["\ud83d"]"#, Some(r#""[\"\\ud83d\"]""#)),
    ("non_finite", "[NaN]", None),
    ("null_value", "null", None),
    ("stale_reference", r#""gs://bucket/key""#, None),
    ("duplicate_key", r#"{"a": 1, "a": 2}"#, None),
    ("double_encoded", r#""{\"a\": 1}""#, None),
];

/// Values that both readers take as they are.
pub const HEALTHY: &[&str] =
    &["1", r#""text""#, r#"{"a": [1, 2.5e3, true, null]}"#, "[]", " 7 ", r#""\ud83e\udd80""#, "1e308"];

/// Puts values into `task_state_store`, the first with id 1.
pub async fn fill_tasks(database: &TestDatabase, values: &[&str]) {
    let rows: Vec<String> = values
        .iter()
        .zip(1..)
        .map(|(value, id)| {
            let value = database.engine.literal(value);
            let (run, run_id) = if id % 2 == 0 { (1, "first") } else { (2, "second") };
            format!(
                "({id}, {run}, 'task', -1, 'key {id}', 'example', '{run_id}', {value}, \
                 '2026-05-04 03:02:01', '2027-01-01 00:00:00')"
            )
        })
        .collect();
    insert(database, "task_state_store", &rows).await;
}

/// Puts keys and values of asset 1 to 3 into `asset_state_store`.
pub async fn fill_assets(database: &TestDatabase, rows: &[(u8, &str, &str)]) {
    let rows: Vec<String> = rows
        .iter()
        .map(|(asset, key, value)| {
            let (key, value) = (database.engine.literal(key), database.engine.literal(value));
            format!("({asset}, {key}, {value}, '2026-05-04 03:02:01', 'task', 'example', 'first', 'task', -1)")
        })
        .collect();
    insert(database, "asset_state_store", &rows).await;
}

async fn insert(database: &TestDatabase, table: &str, rows: &[String]) {
    let columns = match (table, database.engine) {
        ("task_state_store", Engine::MySql) => {
            "(id, dag_run_id, task_id, map_index, `key`, dag_id, run_id, value, updated_at, expires_at)"
        }
        ("task_state_store", _) => {
            "(id, dag_run_id, task_id, map_index, \"key\", dag_id, run_id, value, updated_at, expires_at)"
        }
        _ => "",
    };
    let mut connection = database.connect().await;
    // One transaction, because SQLite would otherwise sync its file after every statement.
    connection.execute("BEGIN").await;
    for rows in rows.chunks(200) {
        connection.execute(&format!("INSERT INTO {table} {columns} VALUES {}", rows.join(", "))).await;
    }
    connection.execute("COMMIT").await;
}

/// Everything in a table, in the order of its key.
pub async fn dump(database: &TestDatabase, table: &str) -> Vec<Vec<Option<String>>> {
    database.rows(&format!("SELECT * FROM {table} ORDER BY 1, 2")).await
}

/// Everything in both tables.
pub async fn dump_all(database: &TestDatabase) -> Vec<Vec<Vec<Option<String>>>> {
    vec![dump(database, "task_state_store").await, dump(database, "asset_state_store").await]
}

/// The values of `task_state_store`, in the order of their ids.
pub async fn task_values(database: &TestDatabase) -> Vec<String> {
    let rows = database.rows("SELECT value FROM task_state_store ORDER BY id").await;
    rows.into_iter().map(|mut row| row.remove(0).expect("values are not null")).collect()
}

/// The text that both readers make of a mended value.
pub fn decoded(value: &str) -> String {
    serde_json::from_str(value).unwrap_or_else(|error| panic!("{error} in {value}"))
}
