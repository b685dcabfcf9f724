//! A headless Chromium, over its own protocol: https://chromedevtools.github.io/devtools-protocol/
//!
//! It reads commands from one pipe and writes answers and events into another, JSON texts with a zero byte behind each.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The browser takes its pipes as file descriptors 3 and 4. It runs as root in containers, where its sandbox does not
/// work, and would look for news of itself.
const START: &str = "exec chromium --headless --no-sandbox --disable-dev-shm-usage --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --remote-debugging-pipe \
    --user-data-dir=\"$1\" about:blank 3<&0 4>&1 0</dev/null 1>/dev/null";

/// A browser with one page.
pub struct Browser {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    sent: u64,
    session: Option<String>,
    events: Vec<Value>,
    /// Holds its profile and what it says; gone with it.
    home: TempDir,
}

impl Browser {
    pub fn start() -> Self {
        let home = tempfile::tempdir().expect("make a folder");
        let log = File::create(home.path().join("log")).expect("make a file");
        let mut command = Command::new("sh");
        command.args(["-c", START, "sh"]).arg(home.path().join("profile"));
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn();
        let mut process = process.expect("a shell starts");
        let commands = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut browser = Self { process, commands, answers, sent: 0, session: None, events: Vec::new(), home };
        let page = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": page["targetId"], "flatten": true});
        browser.session = browser.call("Target.attachToTarget", attach)["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Opens a file and waits until all of it is there.
    pub fn open(&mut self, file: &Path) {
        self.events.clear();
        let opened = self.call("Page.navigate", json!({"url": format!("file://{}", file.display())}));
        assert_eq!(opened.get("errorText"), None);
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.next();
            self.events.push(event);
        }
    }

    /// What an expression gives.
    pub fn eval(&mut self, expression: &str) -> Value {
        let answer = self.call("Runtime.evaluate", json!({"expression": expression, "returnByValue": true}));
        assert_eq!(answer.get("exceptionDetails"), None, "{expression}: {answer:#}");
        answer["result"]["value"].clone()
    }

    /// Does what the protocol calls by this name.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let mut command = json!({"id": self.sent, "method": method, "params": params});
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        let sent = self.commands.write_all(format!("{command}\0").as_bytes());
        assert!(sent.is_ok(), "chromium is gone: {}", self.log());
        loop {
            let answer = self.next();
            if answer["id"] == self.sent {
                assert_eq!(answer.get("error"), None, "{method}");
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    /// What the page has said on the console since it was opened, and what broke in it or was refused to it.
    pub fn complaints(&mut self) -> Vec<String> {
        self.eval("0");
        let of = ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"];
        self.events
            .iter()
            .filter(|event| of.iter().any(|name| event["method"] == *name))
            .map(Value::to_string)
            .collect()
    }

    /// The addresses that the page has asked for since it was opened, its own among them.
    pub fn requests(&mut self) -> Vec<String> {
        self.eval("0");
        let sent = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.map(|event| event["params"]["request"]["url"].to_string()).collect()
    }

    fn next(&mut self) -> Value {
        let mut message = Vec::new();
        self.answers.read_until(0, &mut message).expect("a pipe can be read");
        assert_eq!(message.pop(), Some(0), "chromium is gone: {}", self.log());
        serde_json::from_slice(&message).expect("a message is JSON")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself already; either way nobody waits for it any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
