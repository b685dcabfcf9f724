//! The command line: turns arguments into settings, puts store, engine and reports together, and says how it went.
//!
//! Nothing below this module sees an argument, an environment variable or a terminal.

use std::process::ExitCode;

use clap::Parser as _;

mod airflow_config;
mod args;
mod ask;
mod commands;
pub mod database;
pub mod environment;
mod exit;
mod failure;
mod files;
mod logging;
mod metrics_file;
mod output;
mod plan_file;
mod replacement;
mod rules_file;
mod session;
mod signals;
pub mod sqlalchemy_url;
mod state_file;

use args::Args;

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let args = Args::parse();
    let common = args.common;
    logging::begin(common);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failure::report(&failure::Failure::Runtime(error), common.log_format),
    };
    let outcome = runtime.block_on(commands::run(args));
    // A question that nobody answered may still wait for a line; the process must not wait with it.
    runtime.shutdown_background();
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => failure::report(&failure, common.log_format),
    }
}
