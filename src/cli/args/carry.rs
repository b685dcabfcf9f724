//! What `carry` takes.

use clap::Args as ClapArgs;

use super::shared::{FailOnArgs, FindingsArgs, JudgingArgs, PaceArgs, ReportArgs, TargetArgs};

/// Copy state of development builds into the released tables, mended on the way
///
/// Takes the rows of older tables (`task_store`, `task_state` and those of assets), the newest first, and mends those that
/// need it as `repair` would, in short transactions together with a journal, so that `undo` can take them out again. A row
/// that the released table has already is never touched, and one whose DAG run or asset is gone is left; both are listed.
/// The older tables stay as they are. Stopped at any moment, it goes on where it was when it is run again.
#[derive(Debug, ClapArgs)]
#[command(after_help = super::EXIT_CODES)]
pub(in crate::cli) struct CarryArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// Report what would be carried, and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub findings: FindingsArgs,
    #[command(flatten)]
    pub fail_on: FailOnArgs,
    #[command(flatten)]
    pub output: ReportArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
}
