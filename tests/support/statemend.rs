//! Running the program as a user does.
#![allow(dead_code, reason = "every test file uses another part of this")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What a run of the program left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The program, in an environment that names no database.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_statemend"));
    command.args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AIRFLOW") || name == "STATEMEND_URL" {
            command.env_remove(name);
        }
    }
    // Airflow's configuration is looked for in the home directory, which must not matter to a test.
    command.env("AIRFLOW_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-airflow-here"));
    // Nor must what a check has left there.
    command.env("XDG_STATE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("state"));
    command
}

/// The same, with its output in pipes. Nobody reads them before the end, so the report has to be short.
pub fn command_piped(args: &[&str]) -> Command {
    let mut command = command(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts it so.
pub fn begin(args: &[&str]) -> Child {
    command_piped(args).spawn().expect("the program starts")
}

/// Waits for the end of what was started.
pub fn end(child: Child) -> Ran {
    ran(child.wait_with_output().expect("the program ends"))
}

/// A process to whose standard error somebody listens while it runs.
pub struct Heard {
    pub child: Child,
    lines: Receiver<String>,
    stderr: String,
}

impl Heard {
    /// Starts the program so. Its standard output waits in a pipe for the end, so the report has to be short.
    pub fn begin(args: &[&str]) -> Self {
        let mut child = begin(args);
        let stderr = BufReader::new(child.stderr.take().expect("standard error is a pipe"));
        let (sender, lines) = mpsc::channel();
        // Whoever waits for a line must be able to give up, so another thread does the reading.
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines, stderr: String::new() }
    }

    /// Waits until it tells something that it has not told yet.
    #[track_caller]
    pub fn until(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else { panic!("no {text:?} in: {}", self.stderr) };
            self.stderr += &format!("{line}\n");
            if line.contains(text) {
                return;
            }
        }
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ran {
        let output = self.child.wait_with_output().expect("the program ends");
        self.stderr.extend(self.lines.iter().map(|line| line + "\n"));
        Ran { stderr: self.stderr, ..ran(output) }
    }
}

/// Sends a signal, named as `kill` takes it.
pub fn signal(signal: &str, process: &Child) {
    let sent = Command::new("kill").args([signal, &process.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
}

/// Runs the program to its end.
pub fn statemend(args: &[&str]) -> Ran {
    ran(command(args).output().expect("the program starts"))
}

/// Makes texts of what a process left behind.
pub fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("reports are UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

impl Ran {
    /// Insists on an exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The JSON report.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {}", self.stdout))
    }

    /// The run that the report is about.
    #[track_caller]
    pub fn run(&self) -> String {
        let report = self.json();
        report["run_id"].as_str().expect("a run").to_owned()
    }

    /// Insists that standard error tells something.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in: {}", self.stderr);
        self
    }
}
