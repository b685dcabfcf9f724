//! Ctrl-C and SIGTERM: the first asks the work to stop between two chunks, the second stops at once.

use tokio::signal::unix::{SignalKind, signal};

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
    if next().await {
        stop.request();
        logging::say(common, "stopping between two chunks; once more to stop at once");
    }
    if next().await {
        std::process::exit(Exit::Interrupted as i32);
    }
}

/// Waits for the next signal; false where none can be heard.
pub(super) async fn next() -> bool {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return false;
    };
    std::future::poll_fn(|context| {
        let heard = interrupt.poll_recv(context).is_ready() || terminate.poll_recv(context).is_ready();
        if heard { std::task::Poll::Ready(true) } else { std::task::Poll::Pending }
    })
    .await
}
