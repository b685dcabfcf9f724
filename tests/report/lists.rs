//! Lists that are written while rows are found.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::page;
use crate::statemend::command_piped;
use crate::terminal::{Folder, URL};

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[test]
fn ndjson_has_every_finding_and_ends_with_the_report() {
    let folder = page::database(2_500);
    let lines = lines(&folder.run(&["scan", "--format", "ndjson", "--url", URL]).exits(10).stdout);
    let [findings @ .., report] = lines.as_slice() else { panic!("no lines") };
    assert_eq!(findings.len(), 2_500, "there is no cap");
    assert!(findings.iter().all(|line| line["type"] == "finding"));
    assert_eq!(report["type"], "report");
    assert_eq!((&report["totals"]["flagged"], &report["findings_truncated"]), (&json!(2_500), &json!(false)));
    assert_eq!(report.get("findings"), None);
}

#[test]
fn a_line_of_ndjson_is_what_the_json_report_lists() {
    let folder = Folder::with_database();
    let args = ["--show-values", "--url", URL];
    let report = folder.run(&[&["scan", "--format", "json"], &args[..]].concat()).json();
    let lines = lines(&folder.run(&[&["scan", "--format", "ndjson"], &args[..]].concat()).stdout);
    for (line, finding) in lines.iter().zip(report["findings"].as_array().expect("a list")) {
        let mut finding = finding.clone();
        finding["type"] = json!("finding");
        assert_eq!(*line, finding);
    }
}

#[test]
fn a_repair_and_its_undo_list_rows_too() {
    let folder = Folder::with_database();
    let mended = lines(&folder.run(&["repair", "--yes", "--format", "ndjson", "--url", URL]).exits(11).stdout);
    let report = mended.last().expect("a report");
    let rewritten = mended.iter().filter(|line| line["outcome"] == "rewritten").count();
    assert_eq!((json!(rewritten), mended.len() as u64 - 1), (report["totals"]["rewritten"].clone(), 25));
    folder.execute("UPDATE task_state_store SET value = '\"mine\"' WHERE id = 5401");
    let run = report["run_id"].as_str().expect("a run");
    let undone = lines(&folder.run(&["undo", run, "--yes", "--format", "ndjson", "--url", URL]).exits(11).stdout);
    assert_eq!(undone.len(), 2);
    assert_eq!((&undone[0]["reason"], &undone[1]["outcome"]), (&json!("written_since"), &json!("partial")));
}

#[test]
fn a_list_goes_into_a_file_and_leaves_nothing_of_the_one_before() {
    let folder = page::database(50);
    let scan = ["scan", "--format", "csv", "-o", "list.csv", "--url", URL];
    folder.run(&scan).exits(10);
    folder.execute("DELETE FROM task_state_store WHERE id > 2");
    assert_eq!(folder.run(&scan).exits(10).stdout, "");
    assert_eq!(std::fs::read_to_string(folder.file("list.csv")).expect("a list").lines().count(), 3);
}

#[test]
fn whoever_has_seen_enough_is_no_failure() {
    let folder = page::database(20_000);
    let mut child = folder
        .prepared(command_piped(&["scan", "--format", "ndjson", "--url", URL]))
        .stderr(Stdio::inherit())
        .spawn()
        .expect("the program starts");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut first).expect("a line");
    assert_eq!(lines(&first)[0]["type"], "finding");
    assert_eq!(child.wait().expect("the program ends").code(), Some(10));
}

#[test]
fn a_list_of_everything_takes_no_limit() {
    for format in ["ndjson", "csv"] {
        let scan = ["scan", "--format", format, "--max-findings", "5", "--url", URL];
        Folder::with_database().run(&scan).exits(2).says("leave --max-findings out");
    }
}

#[test]
fn other_reports_have_two_forms() {
    let folder = Folder::with_database();
    for command in [&["runs"][..], &["explain"], &["rules", "check", "rules.toml"]] {
        let asked = [command, &["--format", "html"]].concat();
        folder.run(&asked).exits(2).says("[possible values: human, json]");
    }
}
