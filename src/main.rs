//! The `statemend` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    statemend::cli::run()
}
