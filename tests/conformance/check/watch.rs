//! A database that is checked again and again, with the files that a check keeps.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::SystemTime;

use serde_json::Value;
use tempfile::TempDir;

use crate::environment::python;
use crate::statemend::{Ran, command, command_piped, ran};
use crate::support::{Engine, TestDatabase};

pub struct Watch {
    folder: TempDir,
    url: String,
}

impl Watch {
    pub fn of(database: &TestDatabase) -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), url: database.url().to_owned() }
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn text_path(&self, file: &str) -> String {
        self.path(file).to_str().expect("a path that is text").to_owned()
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let [state, metrics] = ["state.jsonl", "statemend.prom"].map(|file| self.text_path(file));
        let usual = ["check", "--state", &state, "--metrics-file", &metrics, "--format", "json"];
        let url: &[&str] = if more.contains(&"--url") { &[] } else { &["--url", &self.url] };
        [&usual, url, more].concat().into_iter().map(str::to_owned).collect()
    }

    fn command(&self, more: &[&str]) -> Command {
        let arguments = self.arguments(more);
        command(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    pub fn check(&self, more: &[&str]) -> Ran {
        ran(self.command(more).output().expect("the program starts"))
    }

    /// A check that nobody waits for yet, once it has read what the last one left.
    pub fn start(&self, more: &[&str]) -> Child {
        let arguments = self.arguments(more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut child = command_piped(&arguments).spawn().expect("the program starts");
        while !self.is_at_work() {
            assert!(child.try_wait().expect("a child can be waited for").is_none(), "it has ended too early");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        child
    }

    /// Whether there is the beginning of a new state.
    fn is_at_work(&self) -> bool {
        let names = fs::read_dir(self.folder.path()).expect("a folder").filter_map(Result::ok);
        names.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with(".tmp"))
    }

    pub fn state(&self) -> String {
        fs::read_to_string(self.path("state.jsonl")).expect("a state")
    }

    pub fn metrics(&self) -> Metrics {
        Metrics::read(&fs::read_to_string(self.path("statemend.prom")).expect("metrics"))
    }
}

/// What Prometheus reads in a file of metrics.
pub struct Metrics(Vec<(String, BTreeMap<String, String>, f64)>);

impl Metrics {
    fn read(text: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/check/metrics.py");
        let mut reader = Command::new(python());
        let mut child = reader.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it listens");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "Prometheus does not take\n{text}");
        Self(serde_json::from_slice(&output.stdout).expect("samples"))
    }

    /// The sum over all series of a metric that have this label, or over all of them.
    pub fn sum(&self, name: &str, label: Option<(&str, &str)>) -> f64 {
        let name = format!("statemend_check_{name}");
        let fits = |labels: &BTreeMap<String, String>| {
            label.is_none_or(|(name, value)| labels.get(name).is_some_and(|label| label == value))
        };
        let series: Vec<f64> =
            self.0.iter().filter(|(of, labels, _)| *of == name && fits(labels)).map(|s| s.2).collect();
        assert!(!series.is_empty(), "no series of {name} with {label:?}");
        series.into_iter().sum()
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, ..)| name.as_str()).collect()
    }
}

/// New, changed, still there, gone and reads well, gone and deleted, baseline.
pub fn compared(report: &Value) -> [u64; 6] {
    let names = ["new", "changed", "still", "gone_readable", "gone_deleted", "baseline"];
    names.map(|name| report["check"][name].as_u64().expect(name))
}

/// This moment, as writers leave it in a row.
pub fn now(engine: Engine) -> String {
    let now = humantime::format_rfc3339_micros(SystemTime::now()).to_string().replace('T', " ");
    let zone = if engine == Engine::Postgres { "+00" } else { "" };
    format!("'{}{zone}'", now.trim_end_matches('Z'))
}
