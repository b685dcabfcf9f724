//! One file per command.

mod carry;
mod change;
mod check;
mod completions;
mod demo;
mod explain;
mod man;
mod repair;
mod rules;
mod runs;
mod scan;
mod undo;

use super::args::{Args, Command, CommonArgs};
use super::exit::Exit;
use super::failure::Failure;
use super::signals;
use crate::engine::stop::Stop;

/// What every command gets besides its own arguments.
#[derive(Clone, Debug)]
struct Context {
    common: CommonArgs,
    stop: Stop,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> Result<Exit, Failure> {
    let context = Context { common: args.common, stop: signals::listen(args.common) };
    dispatch(args.command, &context).await
}

async fn dispatch(command: Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Scan(args) => scan::run(args, context).await,
        Command::Check(args) => check::run(args, context).await,
        Command::Repair(args) => repair::run(args, context).await,
        Command::Carry(args) => carry::run(args, context).await,
        Command::Undo(args) => undo::run(args, context).await,
        Command::Runs(args) => runs::run(args, context).await,
        Command::Rules(args) => rules::run(args, context).await,
        Command::Explain(args) => explain::run(&args, context),
        Command::Demo(args) => demo::run(args, context).await,
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}
