//! statemend and the real Airflow, side by side on the same databases.
//!
//! Airflow makes the tables and says what it reads before and after; `tests/airflow/` is the part that runs in it.

#[path = "support/environment.rs"]
mod environment;
#[path = "support/statemend.rs"]
mod statemend;
mod support;

#[path = "airflow/carried.rs"]
mod carried;
#[path = "support/older.rs"]
mod older;
#[path = "airflow/oracle.rs"]
mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use oracle::{Airflow, Answers, Reading, Resolved, RowId};
use serde_json::Value;
use statemend::statemend;
use support::{Engine, TestDatabase, block_on};

/// Where this Airflow does something else than the readers that statemend models: the kind of finding, what statemend
/// says of the worker, and what the worker does. The execution API answers with Starlette's `JSONResponse`, which
/// refuses to write NaN, and keeps an unpaired surrogate in a key as three U+FFFD.
const KNOWN_DIFFERENCES: [(&str, Reading, Reading); 2] =
    [("lone_surrogate", Reading::Error, Reading::Altered), ("non_finite", Reading::Altered, Reading::Error)];

/// The references of the storage backend and nothing else.
const RULES: &str = r#"
version = 1
default = "none"

[[rule]]
kind = ["bare_reference", "stale_reference"]
key = "offloaded, *"
action = "reference"
"#;

#[test]
fn airflow_reads_everything_after_a_repair_and_after_a_carry_on_sqlite() {
    block_on(side_by_side(Engine::Sqlite));
}

#[test]
fn airflow_reads_everything_after_a_repair_and_after_a_carry_on_postgres() {
    block_on(side_by_side(Engine::Postgres));
}

#[test]
fn airflow_reads_everything_after_a_repair_and_after_a_carry_on_mariadb() {
    block_on(side_by_side(Engine::MySql));
}

/// One Airflow serves all parts, because starting it takes longer than asking it.
async fn side_by_side(engine: Engine) {
    let database = TestDatabase::empty(engine).await;
    let mut airflow = Airflow::on(&database);
    airflow.migrate();
    assert_eq!(oracle::schema(&database), engine.schema(), "run fixtures/airflow/make");
    airflow.seed();
    let repaired = airflow_reads_everything_after_a_repair(&database, &mut airflow).await;
    carried::reads_as_repaired(&database, &mut airflow, &repaired).await;
    old_references_resolve_after_a_repair(&database, &mut airflow).await;
}

async fn airflow_reads_everything_after_a_repair(database: &TestDatabase, airflow: &mut Airflow) -> Answers {
    let start = Tables::of(database).await;

    let before = airflow.ask();
    let scan = statemend(&["scan", "--url", database.url(), "--format", "json", "--max-findings", "100000"]);
    let findings = Findings::of(&scan.exits(10).json());
    findings.agree_with(&before);

    let repair = statemend(&["repair", "--yes", "--url", database.url(), "--format", "json"]).exits(0).json();
    let mended = Tables::of(database).await;
    mended.differ_only_in_the_values_of(&findings.errors(), &start);
    let after = airflow.ask();
    everything_is_read(&after, &findings);
    healthy_rows_read_as_before(&before, &after, &findings);
    mended_rows_read_as_the_text_that_was_there(&after, &findings, &start);
    statemend(&["scan", "--url", database.url()]).exits(0);

    let run = repair["run_id"].as_str().expect("a repair has a run");
    statemend(&["undo", run, "--yes", "--url", database.url()]).exits(0);
    assert_eq!(Tables::of(database).await, start);
    after
}

async fn old_references_resolve_after_a_repair(database: &TestDatabase, airflow: &mut Airflow) {
    airflow.offload();
    let start = Tables::of(database).await;
    let before = airflow.resolve();
    assert!(before.len() > 100);
    for Resolved { row, form, stored, read } in &before {
        assert_ne!(read.as_ref(), Some(stored), "{form} {row:?}");
    }

    let file = tempfile::NamedTempFile::new().expect("make a file");
    std::fs::write(&file, RULES).expect("write the rules");
    let rules = file.path().to_str().expect("its path is text");
    let repair = ["repair", "--yes", "--rules", rules, "--url", database.url(), "--format", "json"];
    statemend(&repair).exits(0);
    let rows = before.iter().map(|reference| &reference.row).collect();
    Tables::of(database).await.differ_only_in_the_values_of(&rows, &start);
    let after = airflow.resolve();
    assert_eq!(after.len(), before.len());
    for Resolved { row, form, stored, read } in &after {
        assert_eq!(read.as_ref(), Some(stored), "{form} {row:?}");
    }
    assert_eq!(statemend(&repair).exits(0).json()["totals"]["rewritten"], 0);
}

fn everything_is_read(after: &Answers, findings: &Findings) {
    assert_eq!(after.failing_lists(), 0);
    for (row, answer) in &after.rows {
        assert_eq!(answer.status, 200, "{row:?}");
        // Nothing may be rewritten for what is only a warning, so these stay as they are.
        let stays = findings.kind(row) == Some("non_finite");
        assert_eq!(answer.worker.reading == Reading::Error, stays, "{row:?}");
    }
}

fn healthy_rows_read_as_before(before: &Answers, after: &Answers, findings: &Findings) {
    let errors = findings.errors();
    let healthy = before.rows.iter().filter(|(row, _)| !errors.contains(row));
    for (row, answer) in healthy {
        assert_eq!(&after.rows[row], answer, "{row:?}");
    }
}

fn mended_rows_read_as_the_text_that_was_there(after: &Answers, findings: &Findings, start: &Tables) {
    for row in findings.errors() {
        let text = Value::from(start.value(row));
        assert_eq!(after.rows[row].api.value.as_ref(), Some(&text), "{row:?}");
        assert_eq!(after.rows[row].worker.value.as_ref(), Some(&text), "{row:?}");
    }
}

/// What a scan found, by row.
struct Findings {
    by_row: BTreeMap<RowId, Value>,
    unreadable_lists: u64,
}

impl Findings {
    fn of(report: &Value) -> Self {
        assert_eq!(report["findings_truncated"], false);
        let findings = report["findings"].as_array().expect("findings");
        let by_row = findings.iter().map(|finding| (RowId::of(finding), finding.clone())).collect();
        let tables = report["tables"].as_array().expect("tables");
        let unreadable = tables.iter().map(|table| table["unreadable_lists"].as_u64().expect("a count"));
        Self { by_row, unreadable_lists: unreadable.sum() }
    }

    fn kind(&self, row: &RowId) -> Option<&str> {
        self.by_row.get(row)?["kind"].as_str()
    }

    /// What the scan says of one reader; of rows that it does not mention it says that they are fine.
    fn reading(&self, row: &RowId, reader: &str) -> Reading {
        self.by_row.get(row).map_or(Reading::Ok, |finding| Reading::of(&finding["readers"][reader]))
    }

    fn errors(&self) -> BTreeSet<&RowId> {
        self.by_row.iter().filter(|(_, finding)| finding["severity"] == "error").map(|(row, _)| row).collect()
    }

    /// Insists that Airflow reads every row as the scan says.
    fn agree_with(&self, airflow: &Answers) {
        let mut differences = BTreeSet::new();
        for (row, answer) in &airflow.rows {
            assert_eq!(self.reading(row, "api"), answer.api.reading, "{row:?}");
            assert_eq!(answer.api.reading == Reading::Error, answer.status == 500, "{row:?}");
            let worker = self.reading(row, "worker");
            if worker != answer.worker.reading {
                differences.insert((self.kind(row).unwrap_or("none"), worker, answer.worker.reading));
            }
        }
        assert_eq!(differences, BTreeSet::from(KNOWN_DIFFERENCES));
        assert_eq!(self.unreadable_lists, airflow.failing_lists());
    }
}

/// Every column of every row of both tables.
#[derive(Debug, PartialEq)]
struct Tables {
    rows: BTreeMap<RowId, Vec<Option<String>>>,
}

impl Tables {
    async fn of(database: &TestDatabase) -> Self {
        let mut connection = database.connect().await;
        let tasks = connection.rows("SELECT * FROM task_state_store").await;
        let assets = connection.rows("SELECT * FROM asset_state_store").await;
        let tasks = tasks.into_iter().map(|row| (RowId::task(&row), row));
        let assets = assets.into_iter().map(|row| (RowId::asset(&row), row));
        Self { rows: tasks.chain(assets).collect() }
    }

    fn value(&self, row: &RowId) -> &str {
        self.rows[row][row.value_column()].as_deref().expect("a value")
    }

    /// Insists that the values of `rows`, and nothing else, is not as it was: no timestamp either.
    fn differ_only_in_the_values_of(&self, rows: &BTreeSet<&RowId>, start: &Tables) {
        let mut expected = start.rows.clone();
        for (row, columns) in &mut expected {
            if rows.contains(row) {
                assert_ne!(self.value(row), start.value(row), "{row:?}");
                columns[row.value_column()] = Some(self.value(row).to_owned());
            }
        }
        assert_eq!(self.rows, expected);
    }
}
