//! The command line as it is typed.
//!
//! Options that several commands take stand in [`shared`]; each command lists its own beside them.

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use tracing::level_filters::LevelFilter;

mod carry;
mod check;
mod commands;
mod shared;
pub(super) mod values;

pub(super) use carry::CarryArgs;
pub(super) use check::CheckArgs;
pub(super) use commands::{
    CompletionsArgs, DemoArgs, ExplainArgs, ManArgs, RepairArgs, RulesArgs, RulesCheckArgs, RulesCommand,
    RulesSuggestArgs, RunsArgs, ScanArgs, UndoArgs,
};
pub(super) use shared::{
    FindingsArgs, Format, JudgingArgs, LimitArgs, MostArgs, OutputArgs, PaceArgs, ReportArgs, TargetArgs, unless_stdout,
};

/// Finds the rows of Airflow's task and asset state tables that Airflow cannot read back, says why, and mends them.
///
/// The database is the one that --url or STATEMEND_URL names, else the one that Airflow itself is configured to use.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = EXIT_CODES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: CommonArgs,
}

const EXIT_CODES: &str = "\
Exit codes:
    0  nothing wrong, or everything asked for was done, or declined
    1  unexpected failure
    2  wrong usage or configuration
    3  the database cannot be used; the message says what to do
   10  scan, check, --dry-run or explain found what Airflow cannot read, or
       what --fail-on names; carry --dry-run what it would leave
   11  repair, carry or undo left rows; they are listed
   12  another run or check is at work
  130  interrupted; stopped cleanly between chunks";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Scan(ScanArgs),
    Check(CheckArgs),
    Repair(RepairArgs),
    Carry(CarryArgs),
    Undo(UndoArgs),
    Runs(RunsArgs),
    Rules(RulesArgs),
    Explain(ExplainArgs),
    Demo(DemoArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// What every command takes. Help lists it behind what is the command's own.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(super) struct CommonArgs {
    /// Say more on standard error; twice for even more
    #[arg(short, long, global = true, display_order = 101, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, display_order = 102, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show no progress, even on a terminal
    #[arg(long, global = true, display_order = 103)]
    pub no_progress: bool,
    /// How messages on standard error are written
    #[arg(long, global = true, display_order = 104, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Human)]
    pub log_format: LogFormat,
}

/// How messages on standard error are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people
    Human,
    /// For programs: one JSON object a line
    Json,
}

impl CommonArgs {
    pub fn verbosity(self) -> LevelFilter {
        match (self.quiet, self.verbose) {
            (true, _) => LevelFilter::ERROR,
            (false, 0) => LevelFilter::WARN,
            (false, 1) => LevelFilter::INFO,
            (false, _) => LevelFilter::DEBUG,
        }
    }
}
