use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

use crate::statemend::{Ran, ran};
use crate::terminal::{Folder, URL};

/// Runs the program for someone who sits at a terminal and gives this answer.
pub fn answered(folder: &Folder, answer: &str, args: &[&str]) -> Ran {
    let program = folder.command(args);
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/on_a_terminal.py"));
    command.arg(answer).arg(program.get_program()).args(args);
    let seen = folder.prepared(command).env("NO_COLOR", "1").output().expect("python3 is there");
    let ran = ran(seen);
    assert_eq!(ran.stderr, "", "the terminal takes both outputs");
    ran
}

#[test]
fn only_a_yes_is_a_yes() {
    let repair = ["repair", "--max-findings", "2", "--no-progress", "--url", URL];
    for (answer, code, errors_left) in [("n", 0, 19), ("", 0, 19), ("sure", 0, 19), ("\x03", 130, 19), ("Yes", 11, 1)] {
        let folder = Folder::with_database();
        answered(&folder, answer, &repair).exits(code);
        let report = folder.run(&["scan", "--format", "json", "--url", URL]).json();
        assert_eq!(report["totals"]["errors"], errors_left, "after {answer:?}");
    }
}

#[test]
fn the_dialogue_of_a_repair_and_of_an_undo_is_pinned() {
    let folder = Folder::with_database();
    let repair = ["repair", "--max-findings", "2", "--no-progress", "--url", URL];
    let declined = answered(&folder, "n", &repair).exits(0).stdout;
    assert_snapshot!("question_declined", folder.steady(&declined));
    let agreed = answered(&folder, "y", &repair).exits(11).stdout;
    assert_snapshot!("question_agreed", folder.steady(&agreed));
    let journal = folder.run(&["runs", "--format", "json", "--url", URL]).json();
    let run = journal["runs"][0]["run_id"].as_str().expect("a run");
    let undone = answered(&folder, "y", &["undo", run, "--no-progress", "--url", URL]).exits(0).stdout;
    assert_snapshot!("question_undo", folder.steady(&undone));
}

#[test]
fn a_repair_that_has_nothing_to_mend_lists_what_it_has_seen() {
    let folder = Folder::with_tables();
    folder.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         INSERT INTO task_state_store (dag_run_id, task_id, map_index, \"key\", dag_id, run_id, value, updated_at)
         SELECT 1, 'task', i, 'key', 'example', 'first', 'NaN', '2026-05-04 03:02:01' FROM n",
    );
    let repair = ["repair", "--no-progress", "--format", "ndjson", "-o", "list.ndjson", "--url", URL];
    let says = answered(&folder, "never asked", &repair).exits(0).stdout;
    assert!(says.contains("1000 rows are listed, and there are more; --dry-run lists all of them"), "{says}");
    let list = std::fs::read_to_string(folder.file("list.ndjson")).expect("a list");
    let lines: Vec<serde_json::Value> =
        list.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    let [rows @ .., report] = lines.as_slice() else { panic!("no lines") };
    assert_eq!((rows.len(), &report["totals"]["flagged"]), (1000, &1200.into()));
    assert_eq!((&report["findings_truncated"], &report["outcome"]), (&true.into(), &"clean".into()));
}
