//! The report as data: what `--format json` prints, key for key, and what every other form is made from.
//!
//! Keys are a contract (`schema_version` 1): they may be joined by new ones, never renamed. What a kind, a reading or
//! an action is called is decided in the domain.

use std::collections::BTreeMap;

use super::assets::AssetNames;
use super::carry::CarryCounts;
use super::census::CensusReport;
use super::check::{CheckReport, TableCheck};
use super::circumstances::CircumstancesReport;
use super::columns::{Columns, Time, in_hexadecimal};
use serde::Serialize;

use crate::domain::finding::{Action, Kind, Severity};
use crate::domain::reader::{Reader, Readings};
use crate::domain::repair::Reason;
use crate::domain::rules::{Rule, RuleRef, Rules};
use crate::domain::run::Tally;
use crate::domain::shard::Shard;

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
    /// The sums over all tables.
    pub totals: Counts,
    /// How it went.
    pub outcome: Outcome,
}

impl Report {
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

/// Counts of rows, complete however short the list of findings is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Rows whose values were read.
    pub rows_scanned: u64,
    /// The length of those values.
    pub bytes_scanned: u64,
    /// Rows that there is something to say about; each is one finding.
    pub flagged: u64,
    /// Rows of each kind that occurred, in the order of [`Kind::ALL`].
    pub findings: BTreeMap<Kind, u64>,
    /// What became of the rows of each kind.
    pub outcomes: BTreeMap<Kind, Fates>,
    /// Rows that some reader fails on.
    pub errors: u64,
    /// Rows with a finding of severity warning.
    pub warnings: u64,
    /// Rows with a finding of severity notice.
    pub notices: u64,
    /// Task instances or assets whose list fails because of a row in it, as found. Tables of the user's own have none.
    pub unreadable_lists: u64,
    /// Those of them with such a row that a repair left, or would leave.
    pub unreadable_lists_left: u64,
    /// Present where there were too many lists to count exactly.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unreadable_lists_estimated: bool,
    /// Keys that read well and that no list shows, because another row of their list is unreadable. Missing where a
    /// scan did not come to its end, and in modes that change rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_keys: Option<u64>,
    /// Present where there were too many lists to ask about each.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden_keys_estimated: bool,
    /// Rows that a repair changed, that a carry mended on the way, or that an undo put back; in a mode that only reads,
    /// those that would be.
    pub rewritten: u64,
    /// Rows that should be changed and cannot be.
    pub skipped: u64,
    /// Rows that someone else has changed, and that were left.
    pub drifted: u64,
    /// Only of a carry.
    #[serde(flatten)]
    pub carry: Option<CarryCounts>,
}

/// What became of rows of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fates {
    /// Nothing needs to be done about them.
    #[serde(skip_serializing_if = "is_zero")]
    pub reported: u64,
    /// As in [`Counts::rewritten`].
    #[serde(skip_serializing_if = "is_zero")]
    pub rewritten: u64,
    /// As in [`Counts::skipped`].
    #[serde(skip_serializing_if = "is_zero")]
    pub skipped: u64,
    /// As in [`Counts::drifted`].
    #[serde(skip_serializing_if = "is_zero")]
    pub drifted: u64,
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

impl Counts {
    /// Counts rows of a kind, which is so bad to whoever reads them.
    pub fn count_kind(&mut self, kind: Kind, severity: Severity, rows: u64) {
        self.flagged += rows;
        *self.findings.entry(kind).or_default() += rows;
        *match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Notice => &mut self.notices,
        } += rows;
    }

    /// Adds the counts of another table.
    pub fn add(&mut self, other: &Self) {
        self.rows_scanned += other.rows_scanned;
        self.bytes_scanned += other.bytes_scanned;
        self.flagged += other.flagged;
        for (kind, rows) in &other.findings {
            *self.findings.entry(*kind).or_default() += rows;
        }
        for (kind, fates) in &other.outcomes {
            self.outcomes.entry(*kind).or_default().add(*fates);
        }
        self.errors += other.errors;
        self.warnings += other.warnings;
        self.notices += other.notices;
        self.unreadable_lists += other.unreadable_lists;
        self.unreadable_lists_left += other.unreadable_lists_left;
        self.unreadable_lists_estimated |= other.unreadable_lists_estimated;
        if let Some(keys) = other.hidden_keys {
            *self.hidden_keys.get_or_insert_default() += keys;
        }
        self.hidden_keys_estimated |= other.hidden_keys_estimated;
        self.rewritten += other.rewritten;
        self.skipped += other.skipped;
        self.drifted += other.drifted;
        if let Some(carry) = other.carry {
            self.carry.get_or_insert_default().add(carry);
        }
    }

    /// Rows that should have been changed and were not.
    pub const fn left(&self) -> u64 {
        self.skipped + self.drifted
    }

    /// How many rows are of at least this severity.
    pub const fn of_at_least(&self, severity: Severity) -> u64 {
        match severity {
            Severity::Error => self.errors,
            Severity::Warning => self.errors + self.warnings,
            Severity::Notice => self.errors + self.warnings + self.notices,
        }
    }
}

impl Fates {
    /// Counts one more row.
    pub const fn count(&mut self, outcome: RowOutcome) {
        match outcome {
            RowOutcome::Reported => self.reported += 1,
            RowOutcome::Rewritten => self.rewritten += 1,
            RowOutcome::Skipped => self.skipped += 1,
            RowOutcome::Drifted => self.drifted += 1,
        }
    }

    /// All of the rows.
    pub const fn all(self) -> u64 {
        self.reported + self.rewritten + self.skipped + self.drifted
    }

    /// Counts more rows.
    pub const fn add(&mut self, other: Self) {
        self.reported += other.reported;
        self.rewritten += other.rewritten;
        self.skipped += other.skipped;
        self.drifted += other.drifted;
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(super) const fn is_zero(count: &u64) -> bool {
    *count == 0
}
