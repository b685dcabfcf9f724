//! What several commands take.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{Args as ClapArgs, ValueEnum};

use crate::domain::finding::Severity;
use crate::domain::shard::Shard;
use crate::engine::pacing::{ChunkRows, ChunkSize, Pace};
use crate::report::Most;

/// The most jobs that a scan takes. Each has a connection, of which servers have a hundred or so.
const MOST_JOBS: i64 = 64;

/// Which database.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct TargetArgs {
    /// Database URL, as Airflow writes it [default: $STATEMEND_URL, else Airflow's own configuration]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}

/// Which rows, and by which limits.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct JudgingArgs {
    /// Work on this table only; may be given more than once
    #[arg(long = "table", value_name = "NAME")]
    pub tables: Vec<String>,
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Decide by the rules of a file what is done with which rows; `statemend rules check` explains one
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Treat a value that was written before this moment as the string it was, even if it parses as JSON: the moment, such as
    /// `2026-05-25T10:00:00Z`, at which the deployment began to store JSON; `scan --census` may show it
    #[arg(long, value_name = "TIME", value_parser = super::values::past)]
    pub legacy_before: Option<SystemTime>,
}

/// Which limits apply that are not the same everywhere.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(in crate::cli) struct LimitArgs {
    /// Warn of values longer than N bytes; 0 for no limit [default: Airflow's max_value_storage_bytes]
    #[arg(long, value_name = "N")]
    pub max_value_bytes: Option<u64>,
}

/// What is said of the findings.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct FindingsArgs {
    #[command(flatten)]
    pub most: MostArgs,
    /// Show stored values, which may be secrets
    #[arg(long)]
    pub show_values: bool,
}

/// How many rows are listed.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(in crate::cli) struct MostArgs {
    /// List this many rows at most [default: 1000, and 20 of each table in human and markdown]; ndjson and csv have all of
    /// them, and counts are always complete
    #[arg(long, value_name = "N")]
    pub max_findings: Option<usize>,
}

impl MostArgs {
    /// How many rows a report lists that is written as a whole.
    pub fn rows(self) -> Most {
        self.max_findings.map_or_else(Most::default, Most::of)
    }
}

/// What counts as found.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct FailOnArgs {
    /// The least severity for which a scan or dry run ends with exit code 10
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,
}

/// How fast rows are read.
#[derive(Clone, Copy, Debug, ClapArgs)]
#[command(next_help_heading = "Pace")]
pub(in crate::cli) struct RateArgs {
    /// Read no more rows a second than this
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_rows_per_second: Option<u32>,
}

/// How many scan at once. What writes is alone.
#[derive(Clone, Copy, Debug, ClapArgs)]
#[command(next_help_heading = "Pace")]
pub(in crate::cli) struct JobsArgs {
    /// Scan with N jobs, 64 at most, each with a connection and a thread of its own; what is found is the same
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=MOST_JOBS))]
    pub jobs: u32,
}

/// Which part of the rows, where several processes share them.
#[derive(Clone, Copy, Debug, ClapArgs)]
pub(in crate::cli) struct ShardArgs {
    /// Work on one part of the rows, such as `2/4` for the second of four; the others are for other processes
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
}

impl JobsArgs {
    /// The same pace with so many jobs.
    pub fn at(self, pace: Pace) -> Pace {
        Pace { jobs: NonZero::new(self.jobs).unwrap_or(pace.jobs), ..pace }
    }
}

/// How fast rows are read and changed.
#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Pace")]
pub(in crate::cli) struct PaceArgs {
    #[command(flatten)]
    pub rate: RateArgs,
    /// How long the transaction of a chunk should take; its number of rows follows
    #[arg(long, value_name = "DURATION", default_value = "250ms", value_parser = super::values::positive)]
    pub chunk_time: Duration,
    /// Change N rows in each chunk, 2048 at most, however long it takes
    #[arg(long, value_name = "N", conflicts_with = "chunk_time", value_parser = clap::value_parser!(u32).range(1..=i64::from(ChunkSize::LARGEST)))]
    pub chunk_rows: Option<u32>,
    /// Rest so long after each chunk
    #[arg(long, value_name = "DURATION", value_parser = super::values::duration)]
    pub chunk_pause: Option<Duration>,
    /// Wait while a replica is further behind than this
    #[arg(long, value_name = "DURATION", value_parser = super::values::duration)]
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

/// How and where a report on rows is written.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct ReportArgs {
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[command(flatten)]
    pub file: FileArgs,
}

/// How and where any other report is written.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct OutputArgs {
    /// Form of the report
    #[arg(long, value_enum, default_value_t = PlainFormat::Human)]
    pub format: PlainFormat,
    #[command(flatten)]
    pub file: FileArgs,
}

/// Where a report is written.
#[derive(Clone, Debug, ClapArgs)]
pub(in crate::cli) struct FileArgs {
    /// Write the report to a file instead of standard output, which is `-`
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl FileArgs {
    /// The file, if it is one.
    pub fn path(&self) -> Option<&PathBuf> {
        unless_stdout(self.output.as_ref())
    }
}

/// What was named to be written to, unless that is standard output by its usual name.
pub(in crate::cli) fn unless_stdout(path: Option<&PathBuf>) -> Option<&PathBuf> {
    path.filter(|path| path.as_os_str() != "-")
}

/// The forms of a report on rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people
    Human,
    /// For programs
    Json,
    /// For programs: every row a line, as it is found; the last line is the report
    Ndjson,
    /// For a browser: everything in one file
    Html,
    /// For a ticket or a pull request
    Markdown,
    /// For a spreadsheet: every row, and nothing else
    Csv,
}

/// The forms of any other report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PlainFormat {
    /// For people
    Human,
    /// For programs
    Json,
}

impl From<PlainFormat> for Format {
    fn from(format: PlainFormat) -> Self {
        match format {
            PlainFormat::Human => Self::Human,
            PlainFormat::Json => Self::Json,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOn {
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
