//! Ctrl-C and SIGTERM: the first asks the work to stop between two chunks, the second stops at once.

use std::future::poll_fn;
use std::io;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::args::CommonArgs;
use super::exit::Exit;
use super::logging;
use crate::engine::stop::Stop;

/// Listens for as long as the program runs, on a thread of its own: the others may wait for whoever reads the output.
pub(super) fn listen(common: CommonArgs) -> Stop {
    let stop = Stop::default();
    let heard = stop.clone();
    std::thread::spawn(move || {
        if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
            runtime.block_on(obey(&heard, common));
        }
    });
    stop
}

async fn obey(stop: &Stop, common: CommonArgs) {
    let Ok(mut signals) = Signals::hear() else { return };
    signals.next().await;
    stop.request();
    logging::say(common, "stopping behind the rows at hand; once more to stop at once");
    signals.next().await;
    std::process::exit(Exit::Interrupted as i32);
}

/// The signals that come from the moment on at which it is made.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub fn hear() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        poll_fn(|context| {
            let heard = self.interrupt.poll_recv(context).is_ready() || self.terminate.poll_recv(context).is_ready();
            if heard { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
