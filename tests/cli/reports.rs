use insta::assert_snapshot;
use serde_json::Value;
use statemend::domain::reader::Reader;

use crate::terminal::{Folder, URL};

#[test]
fn the_sample_database_has_a_row_of_every_kind() {
    let report = Folder::with_database().run(&["scan", "--format", "json", "--url", URL]).exits(10).json();
    let tables = report["tables"].as_array().expect("a list of tables");
    for kind in Reader::Airflow.kinds() {
        let rows = tables.iter().filter_map(|table| table["findings"][kind.name()].as_u64()).sum::<u64>();
        assert!(rows > 0, "no row is {}", kind.name());
    }
}

#[test]
fn the_human_reports_of_a_scan_and_of_a_dry_run_are_pinned() {
    let folder = Folder::with_database();
    let scan = folder.run(&["scan", "--url", URL]).exits(10).stdout;
    assert_snapshot!("scan", folder.steady(&scan));
    let shown = folder.run(&["scan", "--show-values", "--table", "asset_state_store", "--url", URL]).exits(10).stdout;
    assert_snapshot!("scan_with_values", folder.steady(&shown));
    let plan = folder.run(&["repair", "--dry-run", "--max-findings", "2", "--url", URL]).exits(10).stdout;
    assert_snapshot!("dry_run", folder.steady(&plan));
    assert_snapshot!("no_runs", folder.run(&["runs", "--url", URL]).exits(0).stdout);
}

#[test]
fn the_human_reports_of_a_repair_its_undo_and_both_runs_are_pinned() {
    let folder = Folder::with_database();
    let repair = folder.run(&["repair", "--yes", "--max-findings", "2", "--url", URL]).exits(11).stdout;
    assert_snapshot!("repair", folder.steady(&repair));
    let again = folder.run(&["repair", "--yes", "--max-findings", "2", "--url", URL]).exits(11).stdout;
    assert_snapshot!("repair_again", folder.steady(&again));
    let journal = folder.run(&["runs", "--format", "json", "--url", URL]).json();
    let runs: Vec<&str> = journal["runs"].as_array().expect("a list").iter().filter_map(run_id).collect();
    let &[_, run] = runs.as_slice() else { panic!("not two runs: {runs:?}") };
    let undo = folder.run(&["undo", run, "--yes", "--url", URL]).exits(0).stdout;
    assert_snapshot!("undo", folder.steady(&undo));
    assert_snapshot!("runs", folder.steady(&folder.run(&["runs", "--url", URL]).exits(0).stdout));
    assert_snapshot!("run", folder.steady(&folder.run(&["runs", run, "--url", URL]).exits(0).stdout));
}

fn run_id(run: &Value) -> Option<&str> {
    run["run_id"].as_str()
}

#[test]
fn the_command_to_run_next_is_about_the_same_rows_and_rules() {
    let folder = Folder::with_database();
    folder.write("my rules.toml", "version = 1\n");
    let judging =
        ["--table", "asset_state_store", "--rules", "my rules.toml", "--legacy-before", "2026-05-25T00:00:00Z"];
    let scan = folder.run(&[&["scan", "--url", URL], &judging[..]].concat()).exits(10).stdout;
    let next = "statemend repair --url sqlite:///airflow.db --table asset_state_store --rules 'my rules.toml' \
                --legacy-before 2026-05-25T00:00:00Z\n";
    assert!(scan.ends_with(next), "{scan}");
}

#[test]
fn a_repair_whose_rules_leave_all_unreadable_rows_does_as_asked_and_says_what_it_leaves() {
    let folder = Folder::with_database();
    folder.write("rules.toml", "version = 1\ndefault = \"none\"\n");
    let repair = ["repair", "--yes", "--rules", "rules.toml", "--url", URL];
    let human = folder.run(&repair).exits(0).stdout;
    assert!(!human.contains("Nothing to mend"), "{human}");
    assert!(human.replace('\n', " ").contains("cannot be read by Airflow, and the rules leave them."), "{human}");
    let report = folder.run(&[&repair[..], &["--format", "json"]].concat()).exits(0).json();
    assert_eq!(report["outcome"], "findings");
    assert!(report["totals"]["errors"].as_u64() > Some(0), "{report}");
}
