use insta::assert_snapshot;

use crate::commands::commands;
use crate::terminal::Folder;

#[test]
fn the_help_of_the_program_and_of_every_command_is_pinned() {
    let folder = Folder::empty();
    assert_snapshot!("help", folder.run(&["--help"]).exits(0).stdout);
    assert_snapshot!("help_short", folder.run(&["-h"]).exits(0).stdout);
    for command in commands() {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let name = command.join("_");
        assert_snapshot!(format!("help_{name}"), folder.run(&[&words[..], &["--help"]].concat()).exits(0).stdout);
        assert_snapshot!(format!("help_{name}_short"), folder.run(&[&words[..], &["-h"]].concat()).exits(0).stdout);
    }
}

#[test]
fn the_version_is_one_line() {
    let said = Folder::empty().run(&["--version"]).exits(0).stdout;
    assert_eq!(said, format!("statemend {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn help_shows_no_url_of_the_environment() {
    let folder = Folder::empty();
    let mut command = folder.command(&["scan", "--help"]);
    let said = command.env("STATEMEND_URL", "postgresql://airflow:hunter2@db/airflow").output().expect("it starts");
    assert!(!String::from_utf8_lossy(&said.stdout).contains("hunter2"));
}
