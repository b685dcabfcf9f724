//! Other people's parsers, which the environment of the tests brings.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::environment::python;

/// Runs a program of this folder, and gives the JSON that it answers to what it reads.
pub fn answer(program: &str, input: &str) -> Value {
    let program = format!("{}/tests/report/{program}", env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(python())
        .args(["-B", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("the program reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    assert!(output.status.success(), "{program} failed");
    serde_json::from_slice(&output.stdout).expect("an answer in JSON")
}
