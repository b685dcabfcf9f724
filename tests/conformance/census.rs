//! The census: what validity alone cannot show.

use serde_json::{Value, json};

use crate::older::key_column;
use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase};

on_every_engine!(a_census_tells_which_keys_mix_types_and_when_values_began_to_be_json);

async fn a_census_tells_which_keys_mix_types_and_when_values_began_to_be_json(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    // Until noon a string was stored as it is, from then on as JSON.
    let rows = [
        ("count", "3", "2026-05-24 09:00:00"),
        ("count", "4", "2026-05-25 11:59:59.5"),
        ("count", "\"5\"", "2026-05-25 12:00:00.25"),
        ("poll", "{\"a\": 1}", "2026-05-25 10:00:00"),
        ("poll", "\"{}\"", "2026-05-26 10:00:00"),
        ("status", "running", "2026-05-25 11:00:00"),
        ("status", "\"done\"", "2026-05-27 10:00:00"),
        ("page", "1", "2026-05-28 10:00:00"),
        ("page", " null ", "2026-05-28 10:00:00"),
    ];
    let key = key_column(engine);
    for (id, (name, value, at)) in (1..).zip(rows) {
        let value = engine.literal(value);
        database
            .execute(&format!(
                "INSERT INTO task_state_store (id, dag_run_id, task_id, map_index, {key}, dag_id, run_id, value, updated_at) \
                 VALUES ({id}, 1, 'task', {id}, '{name}', 'example', 'first', {value}, '{at}')"
            ))
            .await;
    }
    let report = statemend(&["scan", "--census", "--url", database.url(), "--format", "json"]).exits(10).json();
    assert_eq!(report["legacy_before"], "2026-05-25T12:00:00.250000Z");
    let census = &report["tables"][0]["census"];
    assert_eq!(census["other_rows"], 0);
    assert_eq!(
        census["keys"][0],
        json!({
            "key": "count",
            "rows": 3,
            "types": {
                "string": {"rows": 1, "first": "2026-05-25T12:00:00.250000Z", "last": "2026-05-25T12:00:00.250000Z"},
                "number": {"rows": 2, "first": "2026-05-24T09:00:00.000000Z", "last": "2026-05-25T11:59:59.500000Z"},
            },
            "mixed": true,
            "changed": {"after": "2026-05-25T11:59:59.500000Z", "until": "2026-05-25T12:00:00.250000Z"},
        })
    );
    let mixed: Vec<_> =
        census["keys"].as_array().expect("a list").iter().map(|key| (&key["key"], &key["mixed"])).collect();
    let expected = [("count", true), ("page", false), ("poll", true), ("status", false)];
    assert_eq!(
        mixed,
        expected.map(|(key, mixed)| (Value::from(key), Value::from(mixed))).each_ref().map(|(a, b)| (a, b))
    );
    assert_eq!(
        statemend(&["scan", "--url", database.url(), "--format", "json"]).json()["tables"][0]["census"],
        Value::Null
    );
    let human = statemend(&["scan", "--census", "--url", database.url()]).exits(10).stdout;
    assert!(human.contains("4 keys, 2 with values of several types"), "{human}");
    assert!(human.contains("strings since 2026-05-25 12:00:00 UTC"), "{human}");
}
