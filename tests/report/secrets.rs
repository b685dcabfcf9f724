//! Stored values and passwords stay where they are, in whatever form and however much is said.

use crate::statemend::{Ran, statemend};
use crate::support::{Engine, TestDatabase, block_on};

const FORMATS: [&str; 6] = ["human", "json", "ndjson", "html", "markdown", "csv"];

/// One value for each way to be wrong, with a mark in it that only a value has.
const VALUES: [&str; 6] =
    ["hunter2", "{\"token\": \"hunter2\"", "[NaN, \"hunter2\"]", "{'hunter2': 1}", "\"s3://hunter2\"", "s3://hunter2"];

#[track_caller]
fn keeps_secrets(ran: &Ran, password: &str, what: &str) {
    for said in [&ran.stdout, &ran.stderr] {
        for secret in ["hunter2", password, "p@ss"] {
            assert!(!said.contains(secret), "{what} tells {secret}: {said}");
        }
    }
}

#[test]
fn no_report_and_no_log_tells_a_value_or_a_password() {
    block_on(async {
        let database = TestDatabase::fresh(Engine::Postgres).await;
        let rows: Vec<String> = (1..)
            .zip(VALUES)
            .map(|(id, value)| {
                let value = database.engine.literal(value);
                format!("({id}, 1, 'task', {id}, 'key', 'example', 'first', {value}, '2026-05-04 03:02:01')")
            })
            .collect();
        database
            .execute(&format!(
                "INSERT INTO task_state_store \
                 (id, dag_run_id, task_id, map_index, key, dag_id, run_id, value, updated_at) VALUES {}",
                rows.join(", ")
            ))
            .await;
        let (_, account) = database.url().split_once("://").expect("a URL");
        let (account, _) = account.split_once('@').expect("an account");
        let (_, password) = account.split_once(':').expect("a password");
        for format in FORMATS {
            for loud in ["-q", "-v", "-vv"] {
                for command in [&["scan"][..], &["repair", "--dry-run"]] {
                    let args = [command, &["--url", database.url(), "--format", format, loud]].concat();
                    keeps_secrets(&statemend(&args).exits(10), password, &args.join(" "));
                }
            }
            let mended = ["repair", "--yes", "--url", database.url(), "--format", format, "-vv"];
            keeps_secrets(&statemend(&mended).exits(0), password, format);
            let runs = statemend(&["runs", "--url", database.url(), "--format", "json", "-vv"]).exits(0);
            keeps_secrets(&runs, password, "runs");
            let run = runs.json()["runs"][0]["run_id"].as_str().expect("a run").to_owned();
            let undone = ["undo", &run, "--yes", "--url", database.url(), "--format", format, "-vv"];
            keeps_secrets(&statemend(&undone).exits(0), password, format);
        }
    });
}
