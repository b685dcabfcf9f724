//! The DAG, run by Airflow on its own database, which it checks with the role that it is meant to have.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::airflow::{path_to, program};
use crate::roles::with_role;
use crate::statemend::{Ran, ran};
use crate::support::{Engine, TestDatabase, block_on};

#[test]
fn airflow_runs_the_dag_which_fails_while_rows_cannot_be_read() {
    block_on(async {
        let database = TestDatabase::empty(Engine::Postgres).await;
        let airflow = Airflow { home: tempfile::tempdir().expect("a folder"), database: database.url().to_owned() };
        airflow.run(&["db", "migrate"], None).exits(0);
        let role = with_role(&database).await.replace("postgresql+psycopg2", "postgresql");
        airflow.run(&["dags", "test", "statemend_check"], Some(&role)).exits(0);
        database.execute("INSERT INTO asset (id, name, uri, \"group\", extra, created_at, updated_at) VALUES (1, 'a', 's3://a', '', '{}', now(), now())").await;
        database.execute("INSERT INTO asset_state_store (asset_id, key, value, updated_at) VALUES (1, 'key 1', 'opensesame', now())").await;
        let failed = airflow.run(&["dags", "test", "statemend_check"], Some(&role));
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

/// Airflow, as someone installed it who has put the program beside it and the DAG into its folder.
struct Airflow {
    home: TempDir,
    database: String,
}

impl Airflow {
    fn run(&self, args: &[&str], connection: Option<&str>) -> Ran {
        let mut airflow = Command::new(program("airflow"));
        let dags = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/airflow");
        let path = path_to(Path::new(env!("CARGO_BIN_EXE_statemend")));
        airflow.args(args).current_dir(self.home.path()).env("PATH", path);
        airflow.env("AIRFLOW_HOME", self.home.path()).env("AIRFLOW__CORE__DAGS_FOLDER", dags);
        airflow.env("AIRFLOW__CORE__LOAD_EXAMPLES", "False").env("PYTHONDONTWRITEBYTECODE", "1");
        airflow.env("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", &self.database);
        airflow.env("STATEMEND_STATE", self.home.path().join("check.json")).env("NO_COLOR", "1");
        airflow.envs(connection.map(|url| ("AIRFLOW_CONN_STATEMEND_CHECK", url)));
        ran(airflow.output().expect("it starts"))
    }
}
