use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};
use statemend::store::sample;

use crate::statemend::Ran;
use crate::support::block_on;
use crate::terminal::{Folder, URL};

const CHECK: [&str; 5] = ["check", "--state", "state.jsonl", "--url", URL];

fn check(folder: &Folder, more: &[&str]) -> Ran {
    folder.run(&[&CHECK, more].concat())
}

#[test]
fn the_human_reports_of_the_first_check_and_of_the_next_are_pinned() {
    let folder = Folder::with_database();
    let only = ["--table", "asset_state_store", "--fail-on", "new"];
    let first = check(&folder, &only).exits(0).stdout;
    assert_snapshot!("check_first", folder.steady(&first));
    let writers = "UPDATE asset_state_store SET value = 'half past' WHERE \"key\" = 'watermark' AND asset_id = 2; \
                   DELETE FROM asset_state_store WHERE asset_id = 3; \
                   UPDATE asset_state_store SET value = 'new' WHERE asset_id = 1;";
    block_on(sample::run_scripts(&folder.path().join("airflow.db"), &[writers])).expect("rows to write");
    let next = check(&folder, &only).exits(10);
    assert_snapshot!("check_next", folder.steady(&next.stdout));
    assert_snapshot!("check_summary", folder.steady(&next.stderr));
}

#[test]
fn a_check_says_one_line_for_logs_and_nothing_where_it_is_to_be_quiet() {
    let folder = Folder::with_database();
    let said = check(&folder, &[]).exits(10).stderr;
    assert_eq!(said.lines().count(), 1, "{said}");
    for field in [" database=sqlite:///airflow.db ", " outcome=findings ", " pass=full ", " errors=", " baseline="] {
        assert!(said.contains(field), "no {field:?} in {said}");
    }
    assert_eq!(check(&folder, &["--quiet"]).exits(10).stderr, "");
}

#[test]
fn a_wrong_place_to_remember_a_check_is_named_and_left_as_it_is() {
    let folder = Folder::with_database();
    folder.write("notes.txt", "buy milk\n");
    std::fs::create_dir(folder.file("states")).expect("make a folder");
    let cases = [
        ("no/such/state.jsonl", "the folder no/such does not exist\n  hint: make that folder"),
        ("notes.txt/state.jsonl", "the folder notes.txt does not exist"),
        ("states", "checks are to be remembered in states, which is a folder\n  hint: name a file in it"),
        ("states/", "which is a folder"),
        ("notes.txt", "notes.txt is not what a check has left"),
        ("/proc/state.jsonl", "checks are to be remembered in /proc/state.jsonl, which cannot be written\n  because: "),
    ];
    for (state, said) in cases {
        folder.run(&["check", "--state", state, "--url", URL]).exits(2).says(said);
    }
    let mut left: Vec<_> = ["", "states"].iter().flat_map(|name| names(&folder.file(name))).collect();
    left.sort_unstable();
    assert_eq!(left, ["airflow.db", "notes.txt", "states"], "nothing is laid beside");
    assert_eq!(std::fs::read_to_string(folder.file("notes.txt")).expect("a file"), "buy milk\n");
}

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("a folder");
    files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect()
}

/// The lines on standard error, each of which has to be JSON.
fn lines(ran: &Ran) -> Vec<Value> {
    ran.stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")))
        .collect()
}

#[test]
fn with_json_logs_every_line_on_standard_error_is_json() {
    let folder = Folder::with_database();
    let logged = lines(&check(&folder, &["-vv", "--log-format", "json"]).exits(10));
    let summary = logged.last().expect("a line");
    assert_eq!((&summary["level"], &summary["message"]), (&json!("INFO"), &json!("check")));
    assert_eq!(
        (&summary["outcome"], &summary["pass"], &summary["new"]),
        (&json!("findings"), &json!("full"), &json!(0))
    );
    assert!(summary["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')));
    assert!(logged.len() > 1, "it says more where it is asked to");

    let plan = folder.run(&["scan", "--plan-out", "plan.jsonl", "--log-format", "json", "--url", URL]).exits(10);
    assert!(lines(&plan)[0]["message"].as_str().expect("text").starts_with("plan.jsonl would rewrite"));

    let failed = lines(&folder.run(&["scan", "--log-format", "json", "--url", "sqlite:///no-such-file.db"]).exits(3));
    let [failure] = failed.as_slice() else { panic!("not one line: {failed:?}") };
    assert_eq!((&failure["level"], &failure["exit_code"]), (&json!("ERROR"), &json!(3)));
    assert_eq!(failure["message"], "--url names a database that cannot be used");
    assert_eq!(failure["because"], "there is no database file no-such-file.db");
    assert!(failure["hint"].as_str().is_some_and(|hint| hint.starts_with("check the path")));

    folder.write("rules.toml", "version = 1\n[[rule]]\naction = \"burn\"\n");
    let wrong =
        lines(&folder.run(&["scan", "-q", "--log-format", "json", "--rules", "rules.toml", "--url", URL]).exits(2));
    assert!(wrong[0]["places"].as_str().is_some_and(|places| places.contains("burn")), "{wrong:?}");
}
