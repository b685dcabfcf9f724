//! The other end of `orders.py`: Airflow processes that write, do what they are told, and tell what they did.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::environment::python;
use crate::support::TestDatabase;

/// A process that makes eight others write.
pub struct Airflow {
    process: Child,
    answers: Lines<BufReader<ChildStdout>>,
}

/// What the writers did.
pub struct Written {
    pub writes: u64,
    pub seconds: f64,
    /// How often a transaction was tried again.
    pub tries_again: u64,
    /// The longest that one write took, in seconds, with all tries.
    pub longest: f64,
    /// Values that were not there any more when their writers looked.
    pub lost: Vec<Value>,
    pub rows: BTreeMap<String, WrittenRow>,
}

/// What a row's writer left there; without a value, it took the row away.
pub struct WrittenRow {
    pub written: Option<String>,
    /// What a repair makes of it, by Python's own `json.dumps`.
    pub mended: Option<String>,
    /// Written before anyone was told that the writers had begun.
    pub began: bool,
    pub touched: bool,
}

/// What the journal holds of one run.
#[derive(Debug)]
pub struct JournaledRun {
    pub changes: u64,
    /// Changes whose digest is not that of what the old value must have become.
    pub unsound: Vec<Value>,
}

impl Airflow {
    pub fn on(database: &TestDatabase) -> Self {
        let mut process = Command::new(python())
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/orders.py"), database.url()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Airflow's Python starts");
        let answers = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        Self { process, answers }
    }

    /// Makes the rows, each with a value that is not JSON.
    pub fn seed(&mut self) {
        self.order("seed");
    }

    /// Starts the writers, and comes back once they are at work.
    pub fn write(&mut self) {
        self.order("write");
    }

    /// Stops the writers once they have made so many writes and worked so long.
    pub fn finish(&mut self, writes: u64, seconds: u64) -> Written {
        let mut answers = self.order(&format!("finish {writes} {seconds}")).into_iter();
        let total = answers.next().expect("a line about the writers");
        Written {
            writes: total["writes"].as_u64().expect("a count"),
            seconds: total["seconds"].as_f64().expect("a time"),
            tries_again: total["tries_again"].as_u64().expect("a count"),
            longest: total["longest"].as_f64().expect("a time"),
            lost: total["lost"].as_array().expect("a list").clone(),
            rows: answers.map(|row| (text(&row["name"]).expect("a name"), written_row(&row))).collect(),
        }
    }

    /// What the journal holds, by run.
    pub fn journal(&mut self) -> BTreeMap<String, JournaledRun> {
        let run = |run: Value| {
            let changes = run["changes"].as_u64().expect("a count");
            let unsound = run["unsound"].as_array().expect("a list").clone();
            (text(&run["run"]).expect("a name"), JournaledRun { changes, unsound })
        };
        self.order("journal").into_iter().map(run).collect()
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

fn written_row(row: &Value) -> WrittenRow {
    WrittenRow {
        written: text(&row["written"]),
        mended: text(&row["mended"]),
        began: row["began"] == true,
        touched: row["touched"] == true,
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

impl Drop for Airflow {
    fn drop(&mut self) {
        // No more orders: the writers stop. Until then their connections keep the database from being removed.
        drop(self.process.stdin.take());
        self.process.wait().expect("Airflow ends");
    }
}
