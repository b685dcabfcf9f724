//! A database server of a test's own, which the test may stop, start and break as it likes.
#![allow(dead_code, reason = "every test file uses another part of this")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// A running `tests/env/server`, which tells what it has started and takes commands. The end of its standard input
/// takes everything down, so nothing stays, however the test ends.
pub struct Server {
    child: Child,
    /// Standard input and output. Tests that share a server take turns.
    line: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
    told: Value,
}

impl Server {
    /// Starts what the arguments ask for, and returns when all of it is up.
    pub fn start(args: &[&str]) -> Self {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/env/server");
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
        let stdin = child.stdin.take().expect("standard input is a pipe");
        let mut stdout = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let told = next_line(&mut stdout, &args.join(" "));
        let told = serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error} in {told}"));
        Self { child, line: Mutex::new(Some((stdin, stdout))), told }
    }

    /// The superuser's URL, as SQLAlchemy writes it and without a database.
    pub fn url(&self) -> &str {
        self.told("url")
    }

    /// The same on the standby or replica.
    pub fn replica_url(&self) -> &str {
        self.told("replica_url")
    }

    /// What the server said about itself; `tests/env/server --help` lists it.
    pub fn told(&self, key: &str) -> &str {
        self.told[key].as_str().unwrap_or_else(|| panic!("the server told no {key}: {}", self.told))
    }

    /// Gives a command, and waits until it is done.
    pub fn tell(&self, command: &str) {
        // A command that failed in another test is that test's failure.
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let (stdin, stdout) = line.as_mut().expect("open until the drop");
        writeln!(stdin, "{command}").unwrap_or_else(|error| panic!("{error} at {command}"));
        assert_eq!(next_line(stdout, command), "done");
    }
}

fn next_line(stdout: &mut BufReader<ChildStdout>, of: &str) -> String {
    let mut line = String::new();
    stdout.read_line(&mut line).expect("the answer is text");
    assert!(!line.is_empty(), "tests/env/server has failed at {of:?}; the reason is on standard error");
    line.trim_end().to_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        self.line.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Err(error) = self.child.wait() {
            eprintln!("tests/env/server does not end: {error}");
        }
    }
}
