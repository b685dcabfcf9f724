//! Log lines on standard error.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::args::{CommonArgs, LogFormat};

/// The target of lines that are there unless nothing is to be said: what a command has found or done, in short.
pub(super) const SUMMARY: &str = concat!(env!("CARGO_CRATE_NAME"), "::summary");

/// Begins to log what this program says. What its libraries say stays unheard: it is not ours to vouch that they name
/// no value and no password.
pub(super) fn begin(common: CommonArgs) {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match common.log_format {
        LogFormat::Human => {
            let lines = lines.with_ansi(console::colors_enabled_stderr());
            lines.with_target(false).without_time().boxed()
        }
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let level = common.verbosity();
    let summary = if common.quiet { level } else { level.max(LevelFilter::INFO) };
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level).with_target(SUMMARY, summary);
    tracing_subscriber::registry().with(lines).with(ours).init();
}

/// Says a sentence to whoever runs the program.
pub(super) fn say(common: CommonArgs, text: &str) {
    match common.log_format {
        LogFormat::Human => eprintln!("{text}"),
        LogFormat::Json => tracing::info!(target: SUMMARY, "{text}"),
    }
}
