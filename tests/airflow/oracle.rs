//! The other end of `oracle.py`: an Airflow process that does what it is told and answers.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::environment::python;
use crate::support::TestDatabase;

/// One row of either table, by its table and primary key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowId {
    table: String,
    key: String,
}

impl RowId {
    /// The row that a finding or an answer is about.
    pub fn of(object: &Value) -> Self {
        let table = object["table"].as_str().expect("a table");
        Self { table: table.to_owned(), key: object["key"].to_string() }
    }

    pub fn task(columns: &[Option<String>]) -> Self {
        Self::of(&json!({"table": "task_state_store", "key": {"id": number(&columns[0])}}))
    }

    pub fn asset(columns: &[Option<String>]) -> Self {
        let key = json!({"asset_id": number(&columns[0]), "key": columns[1]});
        Self::of(&json!({"table": "asset_state_store", "key": key}))
    }

    pub fn is_of_task(&self) -> bool {
        self.table == "task_state_store"
    }

    /// The position of the value among the table's columns.
    pub fn value_column(&self) -> usize {
        if self.is_of_task() { 7 } else { 2 }
    }
}

fn number(text: &Option<String>) -> i64 {
    text.as_deref().and_then(|text| text.parse().ok()).expect("a number")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading {
    Ok,
    Altered,
    Error,
}

impl Reading {
    pub fn of(name: &Value) -> Self {
        match name.as_str() {
            Some("ok") => Self::Ok,
            Some("altered") => Self::Altered,
            Some("error") => Self::Error,
            _ => panic!("{name} is no reading"),
        }
    }
}

/// What Airflow said of every row and every list.
pub struct Answers {
    pub rows: BTreeMap<RowId, Answer>,
    lists: Vec<u64>,
}

#[derive(Debug, PartialEq)]
pub struct Answer {
    /// The status of the REST API's response.
    pub status: u64,
    pub api: Read,
    pub worker: Read,
}

#[derive(Debug, PartialEq)]
pub struct Read {
    pub reading: Reading,
    /// The JSON that was read. It stays text, unless it is a string: Rust's parser takes less than Python's.
    pub value: Option<Value>,
}

impl Answers {
    pub fn failing_lists(&self) -> u64 {
        self.lists.iter().filter(|status| **status == 500).count() as u64
    }
}

fn read(answer: &Value) -> Read {
    let value = answer["value"].as_str().map(|json| serde_json::from_str(json).unwrap_or_else(|_| json.into()));
    Read { reading: Reading::of(&answer["reading"]), value }
}

/// What a task gets where a row holds a reference to a value outside of the database.
pub struct Resolved {
    pub row: RowId,
    /// The form in which the reference was stored.
    pub form: String,
    /// What a task had given to the storage backend, as JSON.
    pub stored: String,
    /// What a task gets now, as JSON; nothing if that is an exception.
    pub read: Option<String>,
}

/// A process in which Airflow works on one database.
pub struct Airflow {
    process: Child,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Airflow {
    pub fn on(database: &TestDatabase) -> Self {
        let mut process = Command::new(python())
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/airflow/oracle.py"), database.url()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Airflow's Python starts");
        let answers = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        Self { process, answers }
    }

    pub fn migrate(&mut self) {
        self.order("migrate");
    }

    pub fn seed(&mut self) {
        self.order("seed");
    }

    pub fn ask(&mut self) -> Answers {
        let mut answers = Answers { rows: BTreeMap::new(), lists: Vec::new() };
        for answer in self.order("ask") {
            let status = answer["api"]["status"].as_u64().expect("a status");
            if answer["route"] == "list" {
                answers.lists.push(status);
            } else {
                let answered = Answer { status, api: read(&answer["api"]), worker: read(&answer["worker"]) };
                answers.rows.insert(RowId::of(&answer), answered);
            }
        }
        answers
    }

    /// Has a storage backend store values, and leaves references in their older forms in a seeded database.
    pub fn offload(&mut self) {
        self.order("offload");
    }

    /// What a task gets for each of these references.
    pub fn resolve(&mut self) -> Vec<Resolved> {
        let text = |text: &Value| text.as_str().map(str::to_owned);
        let resolved = |answer: Value| Resolved {
            row: RowId::of(&answer),
            form: text(&answer["form"]).expect("a form"),
            stored: text(&answer["stored"]).expect("a value"),
            read: text(&answer["read"]),
        };
        self.order("resolve").into_iter().map(resolved).collect()
    }

    fn order(&mut self, order: &str) -> Vec<Value> {
        writeln!(self.process.stdin.as_ref().expect("a pipe"), "{order}").expect("Airflow listens");
        let mut answers = Vec::new();
        loop {
            let line = self.answers.next().expect("Airflow answers").expect("in UTF-8");
            if line.is_empty() {
                return answers;
            }
            answers.push(serde_json::from_str(&line).expect("JSON"));
        }
    }
}

impl Drop for Airflow {
    fn drop(&mut self) {
        // No more orders: it cleans up and ends. Until then its connections keep the database from being removed.
        drop(self.process.stdin.take());
        self.process.wait().expect("Airflow ends");
    }
}

/// The part of the schema that `fixtures/` keeps, as it is in the database.
pub fn schema(database: &TestDatabase) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/airflow/schema.py");
    let output = Command::new(python()).args([script, database.url()]).output().expect("Airflow's Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
