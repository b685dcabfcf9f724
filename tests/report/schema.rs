//! Every report of every command is what docs/json-report.schema.json says.

use std::fs::File;

use serde_json::{Value, json};
use statemend::domain::finding::{Action, Kind};
use statemend::domain::reader::Reader;

use crate::python;
use crate::statemend::{Ran, ran};
use crate::terminal::{Folder, URL};

const SCHEMA: &str = include_str!("../../docs/json-report.schema.json");

/// Documents, and what they should be.
#[derive(Default)]
struct Documents(Vec<String>);

impl Documents {
    fn add(&mut self, definition: &str, name: &str, document: &Value) {
        self.0.push(json!({"definition": definition, "name": name, "document": document}).to_string());
    }

    /// What a command writes with `--format json`.
    fn report(&mut self, folder: &Folder, definition: &str, command: &[&str]) -> Value {
        let document = folder.run(&[command, &["--url", URL, "--format", "json"]].concat()).json();
        self.add(definition, &command.join(" "), &document);
        document
    }

    fn lines(&mut self, definition: &str, ran: &Ran) {
        for (number, line) in (1..).zip(ran.stdout.lines()) {
            self.add(definition, &format!("line {number}"), &serde_json::from_str(line).expect("a line is a document"));
        }
    }

    fn are_valid(&self) {
        let mistakes = python::answer("validate.py", &self.0.join("\n"));
        assert_eq!(mistakes, json!([]), "{mistakes:#}");
    }
}

#[test]
fn every_report_is_what_the_schema_says() {
    let folder = Folder::with_database();
    folder.write("rules.toml", "version = 1\n[[rule]]\nname = 'all'\nkind = 'error'\naction = 'decode'\n");
    let mut documents = Documents::default();
    documents.report(&folder, "report", &["scan"]);
    documents.report(&folder, "report", &["scan", "--census", "--show-values", "--rules", "rules.toml"]);
    documents.report(&folder, "report", &["scan", "--max-findings", "2", "--table", "asset_state_store"]);
    documents.report(&folder, "report", &["repair", "--dry-run"]);
    documents.lines("line", &folder.run(&["scan", "--show-values", "--url", URL, "--format", "ndjson"]));
    documents.report(&folder, "runs", &["runs"]);
    documents.report(&folder, "report", &["repair", "--yes"]);
    documents.report(&folder, "report", &["repair", "--yes", "--legacy-before", "2026-11-01T00:00:00Z"]);
    let runs = documents.report(&folder, "runs", &["runs"]);
    let [_, first] = runs["runs"].as_array().expect("a list").as_slice() else { panic!("{runs:#}") };
    let first = first["run_id"].as_str().expect("a name");
    documents.report(&folder, "run", &["runs", first]);
    documents.report(&folder, "report", &["undo", first, "--yes"]);
    documents.lines("line", &folder.run(&["repair", "--yes", "--url", URL, "--format", "ndjson"]));
    documents.report(&folder, "report", &["scan"]);
    let shard = documents.report(&folder, "report", &["repair", "--yes", "--shard", "2/4"]);
    assert_eq!(shard["shard"], "2/4");
    documents.report(&folder, "run", &["runs", shard["run_id"].as_str().expect("a name")]);
    let runs = documents.report(&folder, "runs", &["runs"]);
    assert_eq!(runs["shared"][0]["states"]["missing"], 3);
    documents.are_valid();
}

#[test]
fn a_carry_and_its_undo_are_what_the_schema_says() {
    let folder = Folder::with_database();
    let older = include_str!("../../fixtures/airflow/dev/3/sqlite.sql");
    let older: Vec<&str> = older.split_inclusive(";\n").filter(|statement| statement.contains("_store")).collect();
    folder.execute(&older.concat());
    folder.execute(
        "INSERT INTO task_store (dag_run_id, task_id, map_index, \"key\", dag_id, run_id, value, updated_at)
         SELECT dag_run_id, task_id, 500 + id % 3, 'older ' || id, dag_id, run_id, value, updated_at
         FROM task_state_store WHERE id > 5400",
    );
    let mut documents = Documents::default();
    documents.report(&folder, "report", &["carry", "--dry-run"]);
    let carried = documents.report(&folder, "report", &["carry", "--yes"]);
    assert_eq!(carried["tables"][0]["into"], "task_state_store");
    documents.lines("line", &folder.run(&["carry", "--yes", "--format", "ndjson", "--url", URL]));
    let run = carried["run_id"].as_str().expect("a run");
    documents.report(&folder, "run", &["runs", run]);
    let undone = documents.report(&folder, "report", &["undo", run, "--yes"]);
    assert_eq!(undone["removes"], true);
    documents.report(&folder, "runs", &["runs"]);
    documents.are_valid();
}

#[test]
fn a_check_is_what_the_schema_says_from_the_first_to_the_one_that_finds_news() {
    let folder = Folder::with_database();
    let check = ["check", "--state", "state.json"];
    let mut documents = Documents::default();
    documents.report(&folder, "report", &check);
    folder.execute("UPDATE task_state_store SET value = 'worse', updated_at = datetime('now') WHERE id < 3");
    folder.execute("DELETE FROM asset_state_store");
    let second = documents.report(&folder, "report", &[&check[..], &["--incremental"]].concat());
    assert_eq!(second["check"]["new"], 2);
    let lines = [&check[..], &["--format", "ndjson", "--url", URL]].concat();
    documents.lines("line", &folder.run(&lines));
    documents.report(&folder, "report", &[&check[..], &["--table", "task_state_store"]].concat());
    documents.are_valid();
}

#[test]
fn tables_of_ones_own_are_what_the_schema_says() {
    let folder = Folder::with_database();
    folder.execute(
        "CREATE TABLE archive (id integer NOT NULL PRIMARY KEY, payload text NOT NULL, dag_id text, at timestamp);
         INSERT INTO archive VALUES (1, 'bad', 'sales', '2026-05-04 03:02:01'), (2, 'NaN', NULL, NULL), (3, '1', 'x', NULL)",
    );
    folder.write(
        "rules.toml",
        "version = 1\n[[target]]\ntable = 'archive'\nkey = 'id'\nvalue = 'payload'\nidentity = ['id', 'dag_id']\n\
         written_at = 'at'\nreader = 'rfc8259'\n",
    );
    let mut documents = Documents::default();
    let rules = ["--rules", "rules.toml"];
    let scan = documents.report(&folder, "report", &[&["scan"], &rules[..]].concat());
    assert_eq!(scan["tables"][2]["reader"], "rfc8259");
    documents.lines("line", &folder.run(&[&["scan", "--format", "ndjson", "--url", URL], &rules[..]].concat()));
    documents.report(&folder, "report", &[&["repair", "--yes"], &rules[..]].concat());
    documents.report(&folder, "runs", &["runs"]);
    let checked = folder.run(&["rules", "check", "rules.toml", "--format", "json"]).json();
    documents.add("rules_check", "rules check", &checked);
    documents.are_valid();
}

#[test]
fn what_needs_no_database_is_what_the_schema_says() {
    let folder = Folder::empty();
    folder.write("rules.toml", "version = 1\n[[rule]]\nkind = 'raw_text'\naction = 'null'\n");
    let mut documents = Documents::default();
    documents.add(
        "rules_check",
        "rules check",
        &folder.run(&["rules", "check", "rules.toml", "--format", "json"]).json(),
    );
    for value in ["{\"page\": 12,}", "7", "NaN"] {
        for shown in [&["--show-values"][..], &[]] {
            let said = asked(&folder, &[&["explain", "--format", "json"], shown].concat(), value);
            documents.add("verdict", value, &said.json());
        }
    }
    documents.lines("verdict", &asked(&folder, &["explain", "--ndjson"], "\"a\"\n42\n\"1\"\n"));
    documents.are_valid();
}

/// What the program says of what it reads.
fn asked(folder: &Folder, command: &[&str], input: &str) -> Ran {
    folder.write("input", input);
    let input = File::open(folder.file("input")).expect("the input is there");
    ran(folder.command(command).stdin(input).output().expect("the program starts"))
}

#[test]
fn the_schema_knows_every_kind_every_action_and_every_reader() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    let names = |definition: &str| schema["$defs"][definition]["enum"].as_array().cloned().unwrap_or_default();
    assert_eq!(names("kind"), Kind::ALL.iter().map(|kind| json!(kind.name())).collect::<Vec<_>>());
    assert_eq!(names("reader"), Reader::ALL.iter().map(|reader| json!(reader.name())).collect::<Vec<_>>());
    assert_eq!(names("action"), Action::ALL.iter().map(|action| json!(action.name())).collect::<Vec<_>>());
}
