//! The command line as it is typed.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use tracing::level_filters::LevelFilter;

use crate::domain::finding::Severity;
use crate::engine::pacing::{ChunkRows, ChunkSize, Pace};

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
    0  nothing wrong, or everything asked for was done
    1  unexpected failure
    2  wrong usage or configuration
    3  the database cannot be used; the message says what to do
   10  scan, --dry-run or explain found what Airflow cannot read
   11  repair or undo left rows; they are listed
   12  another run is at work
  130  interrupted; stopped cleanly between chunks";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Scan(ScanArgs),
    Repair(RepairArgs),
    Undo(UndoArgs),
    Runs(RunsArgs),
    Rules(RulesArgs),
    Explain(ExplainArgs),
    Demo(DemoArgs),
}

/// Judge every row and report, without writing or locking anything
///
/// Reads in read-only transactions, so a role with nothing but SELECT and a hot standby will do.
#[derive(Debug, ClapArgs)]
pub(super) struct ScanArgs {
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
    #[arg(long, value_name = "FILE")]
    pub plan_out: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub rate: RateArgs,
}

/// Show what would change, ask, and rewrite unreadable rows as JSON
///
/// Rows are rewritten in short transactions together with a journal of the old values, so that `undo` can put every
/// byte back. Stopped at any moment, it goes on where it was when it is run again.
#[derive(Debug, ClapArgs)]
pub(super) struct RepairArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// Report what would change, and change nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Do exactly what a reviewed plan of `scan --plan-out` says; rows that have changed since are listed and left
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "tables"])]
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    pub judging: JudgingArgs,
    #[command(flatten)]
    pub findings: FindingsArgs,
    #[command(flatten)]
    pub fail_on: FailOnArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
}

/// Put back the values that a run changed
///
/// Rows that someone has written since are listed and left.
#[derive(Debug, ClapArgs)]
pub(super) struct UndoArgs {
    /// The run, as `runs` lists it
    pub run: String,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// List this many rows that were left at most; counts are always complete
    #[arg(long, value_name = "N", default_value_t = crate::report::collect::MAX_FINDINGS)]
    pub max_findings: usize,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
}

/// Show what was done, by whom, when and how far
#[derive(Debug, ClapArgs)]
pub(super) struct RunsArgs {
    /// Show this run with its details
    pub run: Option<String>,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Drop the old values of runs that ended longer ago than this, such as `30d`; they cannot be undone any more
    #[arg(long, value_name = "AGE", conflicts_with = "run", value_parser = humantime::parse_duration)]
    pub purge_older_than: Option<Duration>,
    /// Do not ask before dropping
    #[arg(short, long, requires = "purge_older_than")]
    pub yes: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Look at rules, which say what a repair does with which rows
#[derive(Debug, ClapArgs)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    pub command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    Check(RulesCheckArgs),
    Suggest(RulesSuggestArgs),
}

/// Write a file of rules to begin with, from what a database holds
///
/// Reads as `scan` does. The file has a rule for each kind that was found, with counts and with examples in which every
/// letter and digit is masked; what could be done instead of the default is commented out.
#[derive(Debug, ClapArgs)]
pub(super) struct RulesSuggestArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// Look at this table only; may be given more than once
    #[arg(long = "table", value_name = "NAME")]
    pub tables: Vec<String>,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Write the rules to a new file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub rate: RateArgs,
}

/// Say in sentences what a file of rules does, and what in it can never apply
///
/// Needs no database. Warnings do not change the exit code; a file that is wrong ends with exit code 2.
#[derive(Debug, ClapArgs)]
pub(super) struct RulesCheckArgs {
    /// The file of rules, in TOML
    pub file: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Say what Airflow does with a value given on standard input, and why
///
/// Needs no database. One line break at the end of the input is not taken for a part of the value.
#[derive(Debug, ClapArgs)]
pub(super) struct ExplainArgs {
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
pub(super) struct DemoArgs {
    /// Where to make it
    #[arg(default_value = "statemend-demo")]
    pub dir: PathBuf,
}

/// Which database.
#[derive(Clone, Debug, ClapArgs)]
pub(super) struct TargetArgs {
    /// Database URL, as Airflow writes it [default: $STATEMEND_URL, else Airflow's own configuration]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

/// Which rows, and by which limits.
#[derive(Clone, Debug, ClapArgs)]
pub(super) struct JudgingArgs {
    /// Work on this table only; may be given more than once
    #[arg(long = "table", value_name = "NAME")]
    pub tables: Vec<String>,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Decide by the rules of a file what is done with which rows; `statemend rules check` explains one
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Take values that parse for strings where they were written before this moment, such as `2026-05-25T10:00:00Z`,
    /// when the deployment began to store JSON; `scan --census` may show it
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_rfc3339_weak)]
    pub legacy_before: Option<SystemTime>,
}

/// Which limits apply that are not the same everywhere.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(super) struct LimitArgs {
    /// Warn of longer values; 0 for no limit [default: Airflow's max_value_storage_bytes]
    #[arg(long, value_name = "N")]
    pub max_value_bytes: Option<u64>,
}

/// What is said of the findings.
#[derive(Clone, Debug, ClapArgs)]
pub(super) struct FindingsArgs {
    /// List this many findings at most; counts are always complete
    #[arg(long, value_name = "N", default_value_t = crate::report::collect::MAX_FINDINGS)]
    pub max_findings: usize,
    /// Show stored values, which may be secrets
    #[arg(long)]
    pub show_values: bool,
}

/// What counts as found.
#[derive(Clone, Debug, ClapArgs)]
pub(super) struct FailOnArgs {
    /// The least severity for which a scan or dry run ends with exit code 10
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,
}

/// How fast rows are read.
#[derive(Clone, Copy, Debug, ClapArgs)]
#[command(next_help_heading = "Pace")]
pub(super) struct RateArgs {
    /// Read no more rows a second than this
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_rows_per_second: Option<u32>,
}

/// How fast rows are read and changed.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Pace")]
pub(super) struct PaceArgs {
    #[command(flatten)]
    pub rate: RateArgs,
    /// How long the transaction of a chunk should take; its number of rows follows
    #[arg(long, value_name = "DURATION", default_value = "250ms", value_parser = humantime::parse_duration)]
    pub chunk_time: Duration,
    /// Change so many rows in each chunk, however long it takes
    #[arg(long, value_name = "N", conflicts_with = "chunk_time", value_parser = clap::value_parser!(u32).range(1..=i64::from(ChunkSize::LARGEST)))]
    pub chunk_rows: Option<u32>,
    /// Rest so long after each chunk
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub chunk_pause: Option<Duration>,
    /// Wait while a replica is further behind than this
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub max_lag: Option<Duration>,
    /// A replica to watch, may be given more than once [default: what PostgreSQL says of its standbys]
    #[arg(long = "replica", value_name = "URL", requires = "max_lag")]
    pub replicas: Vec<String>,
}

impl From<RateArgs> for Pace {
    fn from(args: RateArgs) -> Self {
        Self { max_rows_per_second: args.max_rows_per_second, ..Self::default() }
    }
}

impl From<&PaceArgs> for Pace {
    fn from(args: &PaceArgs) -> Self {
        Self {
            chunk: args.chunk_rows.map_or(ChunkRows::Aim(args.chunk_time), ChunkRows::Fixed),
            chunk_pause: args.chunk_pause.unwrap_or_default(),
            max_lag: args.max_lag,
            ..args.rate.into()
        }
    }
}

/// How and where the report is written.
#[derive(Clone, Debug, ClapArgs)]
pub(super) struct OutputArgs {
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Write the report to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// For programs
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Some reader fails
    Error,
    /// A reader gets something else, or soon will
    Warning,
}

impl From<FailOn> for Severity {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Error => Self::Error,
            FailOn::Warning => Self::Warning,
        }
    }
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
