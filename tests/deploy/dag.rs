//! The DAGs, run by Airflow on its own database, with the roles that they are meant to have.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::airflow::{path_to, program};
use crate::roles::{For, with_role};
use crate::statemend::{Ran, ran, statemend};
use crate::support::{Engine, TestDatabase, block_on};

#[test]
fn airflow_runs_the_dag_which_fails_while_rows_cannot_be_read() {
    block_on(async {
        let database = TestDatabase::empty(Engine::Postgres).await;
        let airflow = Airflow::on(&database);
        let role = with_role(&database, For::Check).await;
        let check = || airflow.run(&["dags", "test", "statemend_check"], Some(("STATEMEND_CHECK", &role)));
        check().exits(0);
        bad_assets(&database, 1).await;
        let failed = check();
        assert_ne!(failed.code, 0, "{failed:?}");
        let said = failed.stdout + &failed.stderr;
        for text in ["1 of 1 row cannot be read by Airflow", "asset 1 · key 1", "the log above tells which rows"] {
            assert!(said.contains(text), "no {text:?} in {said}");
        }
        for secret in ["change-me", "opensesame"] {
            assert!(!said.contains(secret), "{secret} in {said}");
        }
    });
}

#[test]
fn airflow_fans_a_repair_out_over_tasks_that_share_the_rows() {
    block_on(async {
        let database = TestDatabase::empty(Engine::Postgres).await;
        let airflow = Airflow::on(&database);
        let role = with_role(&database, For::Repair).await;
        bad_assets(&database, 64).await;
        let repair = |conf: &str| {
            let test = ["dags", "test", "statemend_repair", "--conf", conf];
            airflow.run(&test, Some(("STATEMEND_REPAIR", &role))).exits(0)
        };
        let shown = repair("{}");
        for shard in 1..=4 {
            let part = format!("of shard {shard}/4 of");
            assert!(shown.stdout.contains(&part), "no {part:?} in {}", shown.stdout);
        }
        assert_eq!(bad_values(&database).await, 64, "a dry run changes nothing");

        let done = repair(r#"{"shards": 3, "dry_run": false}"#);
        assert_eq!(bad_values(&database).await, 0);
        let runs = statemend(&["runs", "--url", database.url(), "--format", "json"]).exits(0).json();
        let shared = &runs["shared"][0];
        assert_eq!((&shared["shards"], &shared["states"]), (&json!(3), &json!({"done": 3})));
        let rewritten = runs["runs"].as_array().expect("a list").iter().map(|run| &run["totals"]["rewritten"]);
        let mut rewritten: Vec<u64> = rewritten.filter_map(Value::as_u64).collect();
        rewritten.sort_unstable();
        // Blocks of sixteen assets: from 0 and 48, from 16 and 64, from 32.
        assert_eq!(rewritten, [16, 16 + 1, 15 + 16]);
        assert!(done.stdout.contains("3 shards"), "the last task tells of all runs: {}", done.stdout);
        assert!(!(done.stdout + &done.stderr).contains("change-me"));
    });
}

/// Assets from 1 on, each with a row that cannot be read.
async fn bad_assets(database: &TestDatabase, count: u32) {
    let series = format!("FROM generate_series(1, {count}) AS id");
    let columns = "id, name, uri, \"group\", extra, created_at, updated_at";
    let assets =
        format!("INSERT INTO asset ({columns}) SELECT id, 'a' || id, 's3://' || id, '', '{{}}', now(), now() {series}");
    database.execute(&assets).await;
    let columns = "asset_id, key, value, updated_at";
    let rows =
        format!("INSERT INTO asset_state_store ({columns}) SELECT id, 'key ' || id, 'opensesame', now() {series}");
    database.execute(&rows).await;
}

async fn bad_values(database: &TestDatabase) -> usize {
    database.rows("SELECT key FROM asset_state_store WHERE value = 'opensesame'").await.len()
}

/// Airflow, as someone installed it who has put the program beside it and the DAGs into its folder.
struct Airflow {
    home: TempDir,
    database: String,
}

impl Airflow {
    /// Makes its tables.
    fn on(database: &TestDatabase) -> Self {
        let airflow = Self { home: tempfile::tempdir().expect("a folder"), database: database.url().to_owned() };
        airflow.run(&["db", "migrate"], None).exits(0);
        airflow
    }

    /// Runs a command, with a connection by its name in capitals and its URL.
    fn run(&self, args: &[&str], connection: Option<(&str, &str)>) -> Ran {
        let mut airflow = Command::new(program("airflow"));
        let dags = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/airflow");
        let path = path_to(Path::new(env!("CARGO_BIN_EXE_statemend")));
        airflow.args(args).current_dir(self.home.path()).env("PATH", path);
        airflow.env("AIRFLOW_HOME", self.home.path()).env("AIRFLOW__CORE__DAGS_FOLDER", dags);
        airflow.env("AIRFLOW__CORE__LOAD_EXAMPLES", "False").env("PYTHONDONTWRITEBYTECODE", "1");
        airflow.env("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", &self.database);
        airflow.env("STATEMEND_STATE", self.home.path().join("check.json")).env("NO_COLOR", "1");
        let connection = connection.map(|(name, url)| (name, url.replace("postgresql+psycopg2", "postgresql")));
        airflow.envs(connection.map(|(name, url)| (format!("AIRFLOW_CONN_{name}"), url)));
        ran(airflow.output().expect("it starts"))
    }
}
