use insta::assert_snapshot;

use crate::question::answered;
use crate::terminal::{Folder, URL};

#[test]
fn a_carry_from_the_plan_to_its_undo_is_pinned() {
    let folder = Folder::with_older_tables();
    let run = |args: &[&str], code| folder.steady(&folder.run(args).exits(code).stdout);
    assert_snapshot!("carry_dry_run", run(&["carry", "--dry-run", "--url", URL], 10));
    assert_snapshot!("carry", run(&["carry", "--yes", "--url", URL], 11));
    assert_snapshot!("carry_again", run(&["carry", "--yes", "--url", URL], 11));
    let journal = folder.run(&["runs", "--format", "json", "--url", URL]).json();
    let name = journal["runs"][1]["run_id"].as_str().expect("a run");
    assert_snapshot!("carry_run", run(&["runs", name, "--url", URL], 0));
    assert_snapshot!("carry_undo", run(&["undo", name, "--yes", "--url", URL], 0));
    assert_snapshot!(
        "carry_undo_of_undo",
        folder.steady(&folder.run(&["undo", &newest(&folder), "--yes", "--url", URL]).exits(2).stderr)
    );
}

fn newest(folder: &Folder) -> String {
    let journal = folder.run(&["runs", "--format", "json", "--url", URL]).json();
    journal["runs"][0]["run_id"].as_str().expect("a run").to_owned()
}

#[test]
fn the_dialogue_of_a_carry_and_of_its_undo_is_pinned() {
    let folder = Folder::with_older_tables();
    let carry = ["carry", "--max-findings", "2", "--no-progress", "--url", URL];
    answered(&folder, "n", &carry).exits(0);
    let agreed = answered(&folder, "y", &carry).exits(11).stdout;
    assert_snapshot!("question_carry", folder.steady(&agreed));
    let undone = answered(&folder, "y", &["undo", &newest(&folder), "--no-progress", "--url", URL]).exits(0).stdout;
    assert_snapshot!("question_carry_undo", folder.steady(&undone));
}

#[test]
fn a_database_without_older_tables_says_so() {
    let folder = Folder::with_database();
    assert_snapshot!("carry_nothing", folder.steady(&folder.run(&["carry", "--yes", "--url", URL]).exits(0).stdout));
}
