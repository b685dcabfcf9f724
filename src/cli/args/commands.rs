//! What each command takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand};
use clap_complete::Shell;

use super::shared::{
    FailOnArgs, FindingsArgs, JobsArgs, JudgingArgs, LimitArgs, MostArgs, OutputArgs, PaceArgs, RateArgs, ReportArgs,
    ShardArgs, TargetArgs,
};

/// Judge every row and report, without writing or locking anything
///
/// Reads in read-only transactions, so a role with nothing but SELECT and a hot standby will do.
#[derive(Debug, ClapArgs)]
#[command(after_help = super::EXIT_CODES)]
pub(in crate::cli) struct ScanArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub findings: FindingsArgs,
    #[command(flatten)]
    pub fail_on: FailOnArgs,
    /// Count the JSON types that each key holds, and when: shows keys that mix types, and legacy strings that parse
    #[arg(long)]
    pub census: bool,
    /// Write what a repair would do to a file, for review and for `repair --plan`; it has digests and no values
    #[arg(long, value_name = "FILE", value_parser = super::values::file)]
    pub plan_out: Option<PathBuf>,
    #[command(flatten)]
    pub output: ReportArgs,
    #[command(flatten)]
    pub jobs: JobsArgs,
    #[command(flatten)]
    pub shard: ShardArgs,
    #[command(flatten)]
    pub rate: RateArgs,
}

/// Show what would change, ask, and rewrite unreadable rows as JSON
///
/// Rows are rewritten in short transactions together with a journal of the old values, so that `undo` can put every
/// byte back. Stopped at any moment, it goes on where it was when it is run again.
#[derive(Debug, ClapArgs)]
#[command(after_help = super::EXIT_CODES)]
pub(in crate::cli) struct RepairArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// Report what would change, and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Do exactly what a reviewed plan of `scan --plan-out` says; rows that have changed since are listed and left
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "tables", "shard"])]
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub findings: FindingsArgs,
    #[command(flatten)]
    pub fail_on: FailOnArgs,
    #[command(flatten)]
    pub output: ReportArgs,
    #[command(flatten)]
    pub jobs: JobsArgs,
    #[command(flatten)]
    pub shard: ShardArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
}

/// Put back the values that a run changed
///
/// Rows that someone has written since are listed and left.
#[derive(Debug, ClapArgs)]
#[command(after_help = super::EXIT_CODES)]
pub(in crate::cli) struct UndoArgs {
    /// The run, as `runs` lists it
    pub run: String,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub most: MostArgs,
    #[command(flatten)]
    pub output: ReportArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
}

/// Show what was done, by whom, when and how far
#[derive(Debug, ClapArgs)]
#[command(after_help = super::EXIT_CODES)]
pub(in crate::cli) struct RunsArgs {
    /// Show this run with its details
    pub run: Option<String>,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Drop the old values of runs that ended longer ago than this, such as `30d`; they cannot be undone any more
    #[arg(long, value_name = "AGE", conflicts_with = "run", value_parser = super::values::duration)]
    pub purge_older_than: Option<Duration>,
    /// Do not ask before dropping
    #[arg(short, long, requires = "purge_older_than")]
    pub yes: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Look at rules, which say what a repair does with which rows
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct RulesArgs {
    #[command(subcommand)]
    pub command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RulesCommand {
    Check(RulesCheckArgs),
    Suggest(RulesSuggestArgs),
}

/// Write a file of rules to begin with, from what a database holds
///
/// Reads as `scan` does. The file names each kind that was found, with counts and with examples in which every letter and
/// digit is masked. Rules that say what is done anyway are there; what could be done instead is commented out.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct RulesSuggestArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// Look at this table only; may be given more than once
    #[arg(long = "table", value_name = "NAME")]
    pub tables: Vec<String>,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Write the rules to a new file instead of standard output, which is `-`
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub jobs: JobsArgs,
    #[command(flatten)]
    pub rate: RateArgs,
}

/// Say in sentences what a file of rules does, and what in it can never apply
///
/// Needs no database. Warnings do not change the exit code; a file that is wrong ends with exit code 2.
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct RulesCheckArgs {
    /// The file of rules, in TOML
    pub file: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Say what Airflow does with a value given on standard input, and why
///
/// Needs no database. One line break at the end of the input is not taken for a part of the value.
#[derive(Debug, ClapArgs)]
#[command(after_help = super::EXIT_CODES)]
pub(in crate::cli) struct ExplainArgs {
    /// Judge many values: one JSON string on each line of standard input, one verdict on each line of standard output
    #[arg(long, conflicts_with_all = ["keep_newline", "show_values", "format", "output"])]
    pub ndjson: bool,
    /// Judge a line break at the end of the input as a part of the value
    #[arg(long)]
    pub keep_newline: bool,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Show the place in the value, which may be a secret, and what a repair would write
    #[arg(long)]
    pub show_values: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Make a SQLite Airflow database with every kind of bad row, and walk through scan, repair and undo
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct DemoArgs {
    /// Where to make it
    #[arg(default_value = "statemend-demo")]
    pub dir: PathBuf,
}

/// Write a script that completes commands and options in a shell
///
/// Load it where the shell looks for such scripts, or at once: source <(statemend completions bash)
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell that is to complete
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Write manual pages, one for each command
///
/// Without DIR the page of the program itself goes to standard output: statemend man | man -l -
#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct ManArgs {
    /// The folder to write the pages to, such as /usr/local/share/man/man1; it is made if it is not there
    pub dir: Option<PathBuf>,
}
