use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Stdio;

use insta::assert_snapshot;
use statemend::domain::reader::Reader;

use crate::statemend::ran;
use crate::terminal::Folder;

const MADE: &str = "sqlite:///try/airflow.db";

#[test]
fn the_demo_walks_through_everything_and_leaves_a_database_to_play_with() {
    let folder = Folder::empty();
    let walk = folder.run(&["demo", "try"]).exits(0);
    assert_eq!(walk.stderr, "");
    let report = folder.run(&["scan", "--format", "json", "--url", MADE]).exits(10).json();
    for kind in Reader::Airflow.kinds().filter(|kind| kind.name() != "not_text") {
        let rows = report["tables"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|table| table["findings"][kind.name()].as_u64());
        assert!(rows.sum::<u64>() > 0, "no row is {}", kind.name());
    }
    let journal = folder.run(&["runs", "--format", "json", "--url", MADE]).exits(0).json();
    let undone = journal["runs"][1]["run_id"].as_str().expect("the undo is the newest, the repair before it");
    let said = walk.stdout.replace(undone, "00000000-000000-run1");
    let is_ours =
        |line: &&str| ["Made ", "── ", "$ ", "sqlite> ", "  statemend "].iter().any(|start| line.starts_with(start));
    assert_snapshot!("demo", said.lines().filter(is_ours).collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_demo_does_not_run_where_something_is() {
    let folder = Folder::empty();
    folder.run(&["demo", "try"]).exits(0);
    let before = folder.run(&["scan", "--format", "json", "--url", MADE]).json();
    folder.run(&["demo", "try"]).exits(2).says("airflow.db is there already").says("hint: ");
    assert_eq!(folder.run(&["scan", "--format", "json", "--url", MADE]).json()["tables"], before["tables"]);
}

#[test]
fn the_demo_ends_without_a_fuss_when_nobody_reads_it_and_fails_when_it_cannot_be_written() {
    let folder = Folder::empty();
    let mut command = folder.command(&["demo", "try"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    ran(child.wait_with_output().expect("it ends")).exits(0);
    let full = File::options().write(true).open("/dev/full").expect("a device");
    let mut command = folder.command(&["demo", "full"]);
    ran(command.stdout(full).output().expect("the program starts")).exits(1).says("the report cannot be written");
}

#[test]
fn the_demo_refuses_a_folder_that_a_url_cannot_name_before_making_it() {
    let folder = Folder::empty();
    let mut command = folder.command(&["demo"]);
    command.arg(OsStr::from_bytes(b"caf\xe9"));
    ran(command.output().expect("the program starts")).exits(2).says("a folder whose name is UTF-8");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
