//! The program as a process that can be watched and struck.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::statemend::{Ran, command, ran, signal};

/// A process that is at work until it is waited for.
pub struct Process(Child);

/// How a process ended that something was done to.
pub enum End {
    /// By the signal that nobody can catch.
    Killed,
    /// Before that.
    ByItself(Ran),
}

impl Process {
    pub fn start(args: &[&str]) -> Self {
        let child = command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Self(child.expect("the program starts"))
    }

    pub fn is_alive(&mut self) -> bool {
        self.0.try_wait().expect("a child can be waited for").is_none()
    }

    /// Kills it at once, if it still lives.
    pub fn kill(mut self) -> End {
        self.0.kill().expect("a child can be killed");
        let output = self.0.wait_with_output().expect("it ends");
        if output.status.code().is_none() { End::Killed } else { End::ByItself(ran(output)) }
    }

    /// Interrupts it, waits until it has said that it heard, and interrupts it again.
    pub fn interrupt_twice(mut self) -> Ran {
        let mut stderr = BufReader::new(self.0.stderr.take().expect("standard error is a pipe"));
        signal("-INT", &self.0);
        let mut said = String::new();
        stderr.read_line(&mut said).expect("messages are UTF-8");
        assert!(said.contains("once more to stop at once"), "{said:?}");
        // What it says next comes a moment before it listens again.
        sleep(Duration::from_millis(20));
        signal("-INT", &self.0);
        let mut ran = ran(self.0.wait_with_output().expect("it ends"));
        stderr.read_to_string(&mut said).expect("messages are UTF-8");
        ran.stderr = said;
        ran
    }
}

/// Waits for something that a living process is about to do, but not for ever.
pub struct Patience {
    until: Instant,
    complaint: &'static str,
}

impl Patience {
    pub fn new(complaint: &'static str) -> Self {
        Self { until: Instant::now() + Duration::from_secs(30), complaint }
    }

    /// Waits a moment; false when the process lives no more.
    pub fn allows(&self, process: &mut Process) -> bool {
        assert!(Instant::now() < self.until, "{}", self.complaint);
        sleep(Duration::from_millis(1));
        process.is_alive()
    }
}
