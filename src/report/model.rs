//! The report as data: what `--format json` prints, key for key, and what every other form is made from.
//!
//! Keys are a contract (`schema_version` 1): they may be joined by new ones, never renamed. What a kind, a reading or
//! an action is called is decided in the domain.

use std::collections::BTreeMap;

use super::assets::AssetNames;
use super::census::CensusReport;
use super::check::{CheckReport, TableCheck};
use super::circumstances::CircumstancesReport;
use super::columns::{Columns, Time, in_hexadecimal};
use serde::Serialize;

use crate::domain::finding::{Action, Kind, Severity};
use crate::domain::generations;
use crate::domain::reader::{Reader, Readings};
use crate::domain::repair::Reason;
use crate::domain::rules::{Rule, RuleRef, Rules};
use crate::domain::run::Tally;
use crate::domain::shard::Shard;

mod counts;

pub(super) use counts::is_zero;
pub use counts::{Counts, Fates};

/// The version of the JSON report.
pub const SCHEMA_VERSION: u32 = 1;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// A read-only audit.
    Scan,
    /// A repair that shows its plan and changes nothing.
    DryRun,
    /// Rows are mended.
    Repair,
    /// Rows of older tables are copied into the released ones.
    Carry,
    /// A carry that shows its plan and changes nothing.
    CarryDryRun,
    /// The values from before a run are put back.
    Undo,
    /// A scan on a schedule, compared with the one before.
    Check,
}

impl Mode {
    /// Whether this mode only looks; its report then tells what a repair or a carry would do.
    pub const fn only_reads(self) -> bool {
        matches!(self, Self::Scan | Self::DryRun | Self::CarryDryRun | Self::Check)
    }

    /// Whether rows go from table to table, or would.
    pub const fn carries(self) -> bool {
        matches!(self, Self::Carry | Self::CarryDryRun)
    }
}

/// How it went; exit codes follow from this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing found of the severity that counts, or nothing to mend.
    Clean,
    /// A mode that only reads found rows of at least the severity that counts, or a repair rows that some reader fails
    /// on and that its rules leave, and nothing else to mend.
    Findings,
    /// A repair mended everything that was to be mended.
    Repaired,
    /// A carry brought over everything that was not there already.
    Carried,
    /// A repair, carry or undo left rows, skipped or drifted.
    Partial,
    /// An undo put every value back.
    Undone,
    /// Stopped before the end, between two chunks.
    Interrupted,
}

impl Outcome {
    /// The name that reports and logs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Findings => "findings",
            Self::Repaired => "repaired",
            Self::Carried => "carried",
            Self::Partial => "partial",
            Self::Undone => "undone",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The program that made the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// `statemend`.
    pub name: String,
    /// Its release.
    pub version: String,
}

/// The database that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Database {
    /// `postgresql`, `mysql` or `sqlite`.
    pub dialect: String,
    /// Where it is, without a password.
    pub url: String,
    /// What the server calls itself.
    pub server_version: String,
    /// What `alembic_version` says; missing where that cannot be read.
    pub airflow_revision: Option<String>,
}

/// Everything there is to say about one scan, dry run, repair, undo or check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What made the report.
    pub tool: Tool,
    /// What was asked for.
    pub mode: Mode,
    /// The run in the journal; modes that only read have none.
    pub run_id: Option<String>,
    /// The run whose values an undo puts back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// Whether an undo takes rows away that a carry has made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub removes: bool,
    /// Which part of the rows it is about, if not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Where.
    pub database: Database,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339.
    pub finished_at: String,
    /// In the order in which they were worked on.
    pub tables: Vec<TableReport>,
    /// What each rule took, in the order in which they are asked. Empty where only defaults apply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleReport>,
    /// How a check compares with the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckReport>,
    /// Where a census shows the moment at which the deployment moved to JSON: that moment, RFC 3339. Values written
    /// before it were strings by contract, whatever they look like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legacy_before: Option<String>,
    /// What is known of the rows of each severity together, as they were found; the worst first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub circumstances: Vec<CircumstancesReport>,
    /// What people call the assets that the report tells of, by id, as far as the role may know.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub assets: AssetNames,
    /// Not longer than asked for; see [`Report::findings_truncated`].
    pub findings: Vec<Box<FindingReport>>,
    /// Whether there are findings that the list has no place for. The counts know them all.
    pub findings_truncated: bool,
    /// How many of each table those forms show that people read from top to bottom.
    #[serde(skip)]
    pub shown_of_each_table: usize,
    /// The sums over all tables.
    pub totals: Counts,
    /// How it went.
    pub outcome: Outcome,
}

impl Report {
    /// The tables of development builds among those that were looked at: released builds of Airflow do not read them.
    pub fn older_tables(&self) -> impl Iterator<Item = &TableReport> {
        self.tables.iter().filter(|table| table.is_older())
    }

    /// Rows that some reader fails on and that the rules leave as they are.
    pub fn unreadable_by_rule(&self) -> u64 {
        self.tables.iter().map(TableReport::unreadable_by_rule).sum()
    }
}

/// The rows that one rule took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// Its name, or `rule 2`; `default` for what no rule took.
    pub rule: String,
    pub action: Option<Action>,
    /// What became of the rows, or would.
    #[serde(flatten)]
    pub rows: Fates,
}

impl RuleReport {
    pub fn new(rules: &Rules, rule: RuleRef, rows: Fates) -> Self {
        let action = match rule {
            RuleRef::Rule(place) => rules.rules.get(place).map(Rule::action),
            RuleRef::Default => rules.default,
        };
        Self { rule: rules.label(rule).into_owned(), action, rows }
    }
}

/// What was found and done in one table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableReport {
    /// Its name.
    pub table: String,
    /// Which generation of Airflow's state tables this is; `null` where it is none of Airflow's.
    pub generation: Option<u8>,
    /// The table into which a carry copies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
    /// Who reads the values of a table that is none of Airflow's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader: Option<Reader>,
    /// Stand beside the name, not below it.
    #[serde(flatten)]
    pub counts: Counts,
    /// What earlier sittings of a run that was taken up again did in this table. It is part of the counts of rows,
    /// bytes, rewritten, skipped and drifted; what those sittings found is in their own reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Tally>,
    /// How a check compares with the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<TableCheck>,
    /// What each key holds, where a census was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub census: Option<CensusReport>,
}

impl TableReport {
    /// Whether a development build has made it, and no released one reads it.
    pub fn is_older(&self) -> bool {
        self.generation.is_some_and(|generation| generation < generations::RELEASED)
    }

    /// How bad a kind of rows is in this table.
    pub fn severity(&self, kind: Kind) -> Severity {
        self.reader.unwrap_or_default().severity(kind)
    }

    /// Rows that some reader fails on and that the rules leave as they are: no kind of them does so by default.
    pub fn unreadable_by_rule(&self) -> u64 {
        let errors = self.counts.outcomes.iter().filter(|(kind, _)| self.severity(**kind) == Severity::Error);
        errors.map(|(_, fates)| fates.reported).sum()
    }
}

/// One row that there is something to say about.
///
/// An undo lists the rows that it left. Where such a row reads well now or is gone, nothing is wrong with it as far
/// as readers go: `kind`, `severity`, `readers` and `message` are null then, and `reason` says why it was left.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingReport {
    /// The table that holds the row.
    pub table: &'static str,
    /// The primary key.
    pub key: Columns,
    /// What tells a person which row this is; null where the row was gone.
    pub identity: Option<Columns>,
    /// What is wrong with the value.
    pub kind: Option<Kind>,
    /// How bad that is.
    pub severity: Option<Severity>,
    /// What each reader makes of the value.
    pub readers: Option<Readings>,
    /// What Python says where the value does not parse, else what the reader stumbles over.
    pub message: Option<String>,
    /// Where in the value the trouble starts, in bytes.
    pub offset: Option<usize>,
    /// When the row was last written; null where it does not tell, or was gone.
    pub written_at: Option<Time>,
    /// From when on Airflow may drop the row by itself; null where it never may, or was gone.
    pub expires_at: Option<Time>,
    /// The length of the value in bytes.
    pub bytes: u64,
    /// The digest of the value.
    #[serde(serialize_with = "in_hexadecimal")]
    pub sha256: [u8; 32],
    /// What is to be done with such a row.
    pub action: Action,
    /// What was done with it, or would be.
    pub outcome: RowOutcome,
    /// Why a row was skipped, or how it has drifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// In a check, whether the last one did not flag the row, or flagged it with another value. Missing where there is
    /// nothing to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<bool>,
    /// Only where values were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Only where values were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewrite: Option<String>,
}

/// What became of one row, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// Nothing needs to be done about it.
    Reported,
    /// It was changed.
    Rewritten,
    /// It should be changed and cannot be.
    Skipped,
    /// Someone else has changed it.
    Drifted,
}

impl RowOutcome {
    /// Whether something should have been done that was not.
    pub const fn is_left(self) -> bool {
        matches!(self, Self::Skipped | Self::Drifted)
    }
}
