//! Does what `docs/walk-through.md` tells, and insists that it prints what stands there.
//!
//! Blocks of `console` are commands with their output, `toml` is what `rules.toml` is from there on, `sql` is run on the
//! database. After a wanted change, `INSTA_UPDATE=always` writes the outputs anew.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use statemend::store::sample;

use crate::statemend::ran;
use crate::support::{Engine, block_on};
use crate::terminal::{Folder, URL, masked, string};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/walk-through.md");
const OLD_TABLES: &str = include_str!("../../fixtures/airflow/dev/2/sqlite.sql");
const ROWS: &str = include_str!("../../fixtures/walk-through.sql");

/// What the page calls the runs, in their order, and whoever did them.
const RUNS: [&str; 4] =
    ["20260601-091204-k3fq", "20260602-080911-7xw2", "20260602-081530-p9td", "20260604-084002-m2ch"];
const WHO: &str = "airflow@scheduler";

/// Stands for any number of lines.
const MORE: &str = "...";

#[test]
fn the_walk_through_prints_what_it_says() {
    let page = fs::read_to_string(PAGE).expect("the page is there");
    let mut walk = Walk::begin();
    let mut walked = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        walked += &format!("{line}\n");
        if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            walked += &format!("{}```\n", walk.through(language, &block));
        }
    }
    assert!(walk.commands > 15, "{} commands", walk.commands);
    if walked != page {
        fs::write(PAGE, walked).expect("write the page");
    }
}

/// The way through the page so far.
struct Walk {
    folder: Folder,
    variables: Vec<(String, String)>,
    commands: u32,
    exit_code: i32,
}

impl Walk {
    fn begin() -> Self {
        let folder = Folder::empty();
        let scripts = [Engine::Sqlite.schema(), OLD_TABLES, ROWS];
        block_on(sample::run_scripts(&folder.file("airflow.db"), &scripts)).expect("make a database");
        Self { folder, variables: Vec::new(), commands: 0, exit_code: 0 }
    }

    /// Does what a block says, and gives its lines as they should be.
    fn through(&mut self, language: &str, block: &[&str]) -> String {
        let text: String = block.iter().map(|line| format!("{line}\n")).collect();
        match language {
            "toml" => self.folder.write("rules.toml", &text),
            "sql" => self.folder.execute(&text),
            "console" => return self.console(block),
            _ => panic!("what is to be done with {language:?}?\n{text}"),
        }
        text
    }

    fn console(&mut self, block: &[&str]) -> String {
        let mut lines = block.iter().copied().peekable();
        let mut text = String::new();
        while let Some(line) = lines.next() {
            let command = line.strip_prefix("$ ").expect("a block begins with a command");
            let mut shown = Vec::new();
            while let Some(output) = lines.next_if(|line| !line.starts_with("$ ")) {
                shown.push(output);
            }
            let printed = self.command(command);
            let printed: Vec<&str> = printed.lines().collect();
            text += &format!("{line}\n");
            for output in settled(command, &shown, &printed) {
                text += &format!("{output}\n");
            }
        }
        text
    }

    /// What a command prints on either output, with the runs called as in the page.
    fn command(&mut self, command: &str) -> String {
        self.commands += 1;
        if let Some((name, value)) = command.strip_prefix("export ").and_then(|export| export.split_once('=')) {
            self.variables.push((name.to_owned(), value.trim_matches('\'').to_owned()));
            return String::new();
        }
        let command = self.runs().iter().fold(command.to_owned(), |text, (run, page)| text.replace(page, run));
        let mut shell = self.folder.prepared(statemend_in_a_shell());
        // The shell is another one for each command, so it is told how the last one ended.
        shell.args(["-c", &format!("exec 2>&1; (exit {}); {command}", self.exit_code)]);
        let ran = ran(shell.envs(self.variables.iter().cloned()).output().expect("sh is there"));
        assert!([0, 10, 11].contains(&ran.code), "{command}: {}", ran.stdout);
        self.exit_code = ran.code;
        self.runs().iter().fold(ran.stdout, |text, (run, page)| text.replace(run, page))
    }

    /// What is called otherwise in the page: the runs, and who did them.
    fn runs(&self) -> Vec<(String, &'static str)> {
        let journal = self.folder.run(&["runs", "--format", "json", "--url", URL]).json();
        let runs: Vec<&Value> = journal["runs"].as_array().expect("a list of runs").iter().rev().collect();
        let name = |run: &&Value| string(&run["run_id"]).to_owned();
        let who = |run: &&Value| (format!("{}@{}", string(&run["user"]), string(&run["host"])), WHO);
        runs.iter().map(name).zip(RUNS).chain(runs.first().map(who)).collect()
    }
}

/// A shell that finds the program.
fn statemend_in_a_shell() -> Command {
    let mut shell = Command::new("sh");
    let program = Path::new(env!("CARGO_BIN_EXE_statemend")).parent().expect("a folder");
    let path = env::var_os("PATH").unwrap_or_default();
    let path = [program.to_owned()].into_iter().chain(env::split_paths(&path));
    shell.env("PATH", env::join_paths(path).expect("a path"));
    shell
}

/// The output that belongs into the page: what it shows, if that is what was printed.
fn settled<'o>(command: &str, shown: &[&'o str], printed: &[&'o str]) -> Vec<&'o str> {
    if fits(shown, printed) {
        return shown.to_vec();
    }
    let wanted = env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    assert!(
        wanted,
        "docs/walk-through.md shows of `{command}`\n{}\nand it prints\n{}",
        shown.join("\n"),
        printed.join("\n")
    );
    // As much of the beginning and of the end as before.
    let of_beginning = shown.iter().position(|line| *line == MORE);
    let of_end = shown.iter().rev().position(|line| *line == MORE);
    match of_beginning.zip(of_end) {
        Some((beginning, end)) if beginning + end < printed.len() => {
            [&printed[..beginning], &[MORE], &printed[printed.len() - end..]].concat()
        }
        _ => printed.to_vec(),
    }
}

fn fits(shown: &[&str], printed: &[&str]) -> bool {
    match (shown, printed) {
        ([], _) => printed.is_empty(),
        ([MORE, rest @ ..], _) => (0..=printed.len()).any(|skipped| fits(rest, &printed[skipped..])),
        ([shown, rest @ ..], [printed, others @ ..]) => masked(shown) == masked(printed) && fits(rest, others),
        ([_, ..], []) => false,
    }
}
