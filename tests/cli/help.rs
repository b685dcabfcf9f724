use insta::assert_snapshot;

use crate::terminal::Folder;

/// The commands that the program's own help lists.
fn commands(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A line that is indented further goes on with the description above.
    let names = listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").collect()
}

#[test]
fn the_help_of_the_program_and_of_every_command_is_pinned() {
    let folder = Folder::empty();
    let help = folder.run(&["--help"]).exits(0).stdout;
    assert_snapshot!("help", help);
    assert_snapshot!("help_short", folder.run(&["-h"]).exits(0).stdout);
    let commands = commands(&help);
    assert!(commands.len() >= 5, "{commands:?}");
    for command in commands {
        assert_snapshot!(format!("help_{command}"), folder.run(&[command, "--help"]).exits(0).stdout);
        assert_snapshot!(format!("help_{command}_short"), folder.run(&[command, "-h"]).exits(0).stdout);
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
