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

use super::args::{Args, Command, CommonArgs, RulesCommand};
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
    let stop = if is_stopped_gently(&args.command) { signals::listen(args.common) } else { Stop::default() };
    let context = Context { common: args.common, stop };
    dispatch(args.command, &context).await
}

/// Whether there is anything that would have to be stopped gently. Elsewhere signals keep their usual effect.
const fn is_stopped_gently(command: &Command) -> bool {
    match command {
        Command::Explain(_) | Command::Completions(_) | Command::Man(_) => false,
        Command::Rules(args) => !matches!(args.command, RulesCommand::Check(_)),
        _ => true,
    }
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
