//! The program in a folder of its own, and texts without what changes from run to run.
#![allow(dead_code, reason = "every test file uses another part of this")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use statemend::store::sample;
use tempfile::TempDir;

use crate::statemend::{Ran, command, ran};
use crate::support::{Connection, Engine, REFERRED, block_on};

/// The database of a [`Folder`], as seen from inside.
pub const URL: &str = "sqlite:///airflow.db";

const DEMO_ROWS: &str = include_str!("../../fixtures/demo.sql");
const OLDER_ROWS: &str = include_str!("older.sql");

/// Where the program runs. Paths in what it says are relative to it, so they are the same on every machine.
pub struct Folder(TempDir);

impl Folder {
    pub fn empty() -> Self {
        Self(tempfile::tempdir().expect("make a folder"))
    }

    /// With an Airflow database that has a row of every kind.
    pub fn with_database() -> Self {
        let folder = Self::empty();
        let file = folder.file("airflow.db");
        block_on(sample::run_scripts(&file, &[Engine::Sqlite.schema(), DEMO_ROWS])).expect("make a database");
        folder
    }

    /// With Airflow's tables, and with the few rows that state rows refer to.
    pub fn with_tables() -> Self {
        let folder = Self::empty();
        let scripts = [Engine::Sqlite.schema(), REFERRED];
        block_on(sample::run_scripts(&folder.file("airflow.db"), &scripts)).expect("make a database");
        folder
    }

    /// Changes the database.
    pub fn execute(&self, sql: &str) {
        let url = format!("sqlite:///{}", self.file("airflow.db").display());
        block_on(async { Connection::open(Engine::Sqlite, &url).await.execute(sql).await });
    }

    /// Where a file of the folder is.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// With state that a development build has left behind.
    pub fn with_older_tables() -> Self {
        let folder = Self::empty();
        let file = folder.0.path().join("airflow.db");
        let scripts =
            [Engine::Sqlite.schema(), REFERRED, include_str!("../../fixtures/airflow/dev/2/sqlite.sql"), OLDER_ROWS];
        block_on(sample::run_scripts(&file, &scripts)).expect("make a database");
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.file(file), text).expect("write a file");
    }

    /// The program on a terminal of 80 columns, as far as it asks for the width.
    pub fn command(&self, args: &[&str]) -> Command {
        self.prepared(command(args))
    }

    /// A command that gets nothing from the machine it runs on.
    pub fn prepared(&self, mut command: Command) -> Command {
        command.current_dir(self.0.path()).env("AIRFLOW_HOME", "/no/airflow/here");
        command.env("COLUMNS", "80").env_remove("CLICOLOR_FORCE");
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args).output().expect("the program starts"))
    }

    /// A text without what changes from run to run. The runs are numbered, oldest first.
    pub fn steady(&self, text: &str) -> String {
        let journal = self.run(&["runs", "--format", "json", "--url", URL]).json();
        let runs = journal["runs"].as_array().expect("a list of runs");
        let text = runs.iter().rev().zip(1..).fold(text.to_owned(), |text, (run, number)| {
            let who = format!("{}@{}", string(&run["user"]), string(&run["host"]));
            text.replace(string(&run["run_id"]), &format!("00000000-000000-run{number}")).replace(&who, "user@host")
        });
        masked(text.replace(env!("CARGO_PKG_VERSION"), "0.0.0").as_str())
    }
}

pub fn string(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// How times, durations and versions look. A zero stands for any digit.
const MASKS: [&str; 5] =
    ["0000-00-00 00:00:00", "0000-00-00T00:00:00Z", "0000-00-00T00:00:00.000Z", "in 0.0 s", "SQLite 0.00.0"];

/// A text with a mask where something fits it.
pub fn masked(text: &str) -> String {
    MASKS.iter().fold(text.to_owned(), |text, mask| {
        let (mut masked, mut rest) = (String::new(), text.as_str());
        while let Some(next) = rest.chars().next() {
            if fits(rest, mask) {
                masked.push_str(mask);
                rest = &rest[mask.len()..];
            } else {
                masked.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        masked
    })
}

fn fits(text: &str, mask: &str) -> bool {
    let fits = |(byte, mask): (u8, u8)| if mask == b'0' { byte.is_ascii_digit() } else { byte == mask };
    text.len() >= mask.len() && text.bytes().zip(mask.bytes()).all(fits)
}
