//! How a row is named, how it reads and what becomes of it, in words: pure functions of the report.
//!
//! Everything that comes from the database goes through [`escape`](super::escape) here.

use super::assets::{self, AssetNames};
use super::circumstances::RowReport;
use super::columns::Columns;
use super::escape::sanitise_line;
use super::model::{FindingReport, Mode, Report, RowOutcome};
use super::wording;
use crate::domain::reader::Readings;
use crate::domain::target::Scalar;

/// Longer than any name that Airflow's tables hold.
pub const WHOLE: usize = 10_000;

/// What names a row.
#[derive(Clone, Copy, Debug)]
pub struct Named<'r> {
    /// Whether the table is none of Airflow's.
    own: bool,
    key: &'r Columns,
    identity: Option<&'r Columns>,
    assets: &'r AssetNames,
}

impl<'r> Named<'r> {
    /// The row of a finding.
    pub fn of(report: &'r Report, finding: &'r FindingReport) -> Self {
        let own = is_own(report, finding.table);
        Self { own, key: &finding.key, identity: finding.identity.as_ref(), assets: &report.assets }
    }

    /// The row that was written last.
    pub fn last(report: &'r Report, row: &'r RowReport) -> Self {
        Self { own: is_own(report, row.table), key: &row.key, identity: Some(&row.identity), assets: &report.assets }
    }

    /// The row as a person names it: `dag/run/task[map_index] · key`, `asset 7 (orders) · key`, or its primary key where
    /// it is gone. What is longer than `longest` columns is cut off, part by part.
    pub fn name(self, longest: usize) -> String {
        let Some(identity) = self.identity else { return pairs(self.key.iter(), longest) };
        if self.own {
            return own(self.key, identity, longest);
        }
        let key = part(identity, "key", longest).unwrap_or_default();
        if let Some(asset) = part(identity, "asset_id", longest) {
            let name = assets::id(identity).and_then(|id| self.assets.get(&id));
            let name = name.map(|name| format!(" ({})", sanitise_line(name, longest))).unwrap_or_default();
            return format!("asset {asset}{name} · {key}");
        }
        match task(identity, "", longest) {
            Some(task) => format!("{task} · {key}"),
            None => pairs(identity.iter(), longest),
        }
    }

    /// Who wrote an asset's state last, where the table knows.
    pub fn writer(self, longest: usize) -> Option<String> {
        written_by(self.identity.filter(|_| !self.own), longest)
    }

    /// The name, with who wrote it last where that is not part of the name.
    pub fn name_with_writer(self, longest: usize) -> String {
        let writer = self.writer(longest).map(|writer| format!(" (last written by {writer})")).unwrap_or_default();
        self.name(longest) + &writer
    }
}

/// Who wrote the state of an asset last, by columns that only Airflow's tables have.
pub fn written_by(identity: Option<&Columns>, longest: usize) -> Option<String> {
    let identity = identity?;
    task(identity, "last_updated_by_", longest).or_else(|| part(identity, "last_updated_by_kind", longest))
}

fn is_own(report: &Report, table: &str) -> bool {
    report.tables.iter().any(|known| known.table == table && known.reader.is_some())
}

/// A row of a table that is none of Airflow's: its key, and what else its columns say.
fn own(key: &Columns, identity: &Columns, longest: usize) -> String {
    let others = identity.iter().filter(|(name, _)| key.get(name).is_none());
    let (key, others) = (pairs(key.iter(), longest), pairs(others, longest));
    if others.is_empty() { key } else { format!("{key} · {others}") }
}

/// A task instance, from columns whose names begin with `prefix`. The index says something only where a task is mapped.
fn task(identity: &Columns, prefix: &str, longest: usize) -> Option<String> {
    let column = |name: &str| part(identity, &format!("{prefix}{name}"), longest);
    let path = format!("{}/{}/{}", column("dag_id")?, column("run_id")?, column("task_id")?);
    let index = column("map_index").filter(|index| index != "-1").map(|index| format!("[{index}]"));
    Some(path + &index.unwrap_or_default())
}

fn pairs<'c>(columns: impl Iterator<Item = (&'static str, &'c Scalar)>, longest: usize) -> String {
    let pair = |(name, value): (&str, &Scalar)| format!("{name} {}", shown(value, longest));
    columns.map(pair).collect::<Vec<_>>().join(", ")
}

/// One column of a key or identity, fit to be shown.
fn part(object: &Columns, column: &str, longest: usize) -> Option<String> {
    object.get(column).map(|value| shown(value, longest))
}

fn shown(value: &Scalar, longest: usize) -> String {
    match value {
        Scalar::Null => String::new(),
        Scalar::Integer(integer) => integer.to_string(),
        Scalar::Text(text) => sanitise_line(text, longest),
    }
}

/// What each reader makes of the value.
pub fn readings(readings: Readings) -> String {
    let each: Vec<_> = readings.each().map(|(name, of)| format!("{name} {}", of.name())).collect();
    each.join(", ")
}

/// What happened to the row, or would.
pub fn fate(mode: Mode, finding: &FindingReport) -> String {
    let reason = finding.reason.map_or("it was left", |reason| reason.explain());
    match (finding.outcome, finding.action) {
        (RowOutcome::Reported, _) if mode == Mode::CarryDryRun => "carry takes it as it is".to_owned(),
        (RowOutcome::Reported, _) if mode == Mode::Carry => "carried as it is".to_owned(),
        (RowOutcome::Skipped, _) if mode.carries() => format!("left: {reason}"),
        (RowOutcome::Rewritten, action) if mode == Mode::CarryDryRun => {
            format!("carry makes it {}", wording::made(action))
        }
        (RowOutcome::Reported, _) if mode.only_reads() => "repair leaves it as it is".to_owned(),
        (RowOutcome::Reported, _) => "left as it is".to_owned(),
        (RowOutcome::Rewritten, action) if mode.only_reads() => format!("repair makes it {}", wording::made(action)),
        (RowOutcome::Rewritten, action) => format!("now {}", wording::made(action)),
        (RowOutcome::Skipped, _) if mode.only_reads() => format!("repair skips it: {reason}"),
        (RowOutcome::Skipped, _) => format!("skipped: {reason}"),
        (RowOutcome::Drifted, _) => format!("drifted: {reason}"),
    }
}

/// The same below a heading that says [whose doing](wording::outcome) it is: `make it a JSON string` where a repair would.
pub fn doing(mode: Mode, finding: &FindingReport) -> String {
    if !mode.only_reads() {
        return fate(mode, finding);
    }
    let reason = || finding.reason.map_or("it cannot be mended", |reason| reason.explain());
    match finding.outcome {
        RowOutcome::Reported if mode.carries() => "carry it as it is".to_owned(),
        RowOutcome::Reported => "leave it as it is".to_owned(),
        RowOutcome::Rewritten => format!("make it {}", wording::made(finding.action)),
        RowOutcome::Skipped if mode.carries() => format!("leave it: {}", reason()),
        RowOutcome::Skipped | RowOutcome::Drifted => format!("skip it: {}", reason()),
    }
}
