//! What is known of all rows of one severity together: where they come from, when they were written, and how long they
//! are kept. A fold in bounded memory.

use std::collections::BTreeMap;

use super::frequent::Frequent;
use super::recent::Recent;
use crate::domain::finding::Severity;
use crate::domain::target::{Identity, Key, Scalar, Target};
use crate::engine::events::{Flagged, Outcome};
use crate::engine::store::Facts;

mod report;

pub use report::{
    BucketReport, CircumstancesReport, ExpiryReport, RowReport, SourceReport, SourcesReport, WrittenReport,
};

const DAY: i64 = 24 * 3_600_000_000;

/// What a row may come from, and the columns that name it. State of an asset comes from whoever wrote it last.
const SORTS: [Sort; 4] = [
    Sort { name: "dags", columns: &["dag_id"], else_of: &["last_updated_by_dag_id"] },
    Sort {
        name: "tasks",
        columns: &["dag_id", "task_id"],
        else_of: &["last_updated_by_dag_id", "last_updated_by_task_id"],
    },
    Sort { name: "keys", columns: &["key"], else_of: &[] },
    Sort { name: "assets", columns: &["asset_id"], else_of: &[] },
];

#[derive(Debug)]
struct Sort {
    name: &'static str,
    columns: &'static [&'static str],
    else_of: &'static [&'static str],
}

impl Sort {
    /// Where the identity of a table's rows names sources of this sort. Empty where it does not.
    fn places(&self, target: &Target) -> Vec<usize> {
        let place = |name: &&str| target.identity.iter().position(|column| column.name == *name);
        let places = |columns: &[&str]| columns.iter().map(place).collect::<Option<Vec<_>>>();
        places(self.columns).or_else(|| places(self.else_of)).unwrap_or_default()
    }
}

/// The places of all sorts in one table, looked up once.
#[derive(Debug)]
struct Places {
    target: &'static Target,
    of_sorts: [Vec<usize>; SORTS.len()],
}

/// The circumstances of the rows of each severity that occurred.
#[derive(Debug)]
pub struct BySeverity {
    /// When the report was begun, in microseconds since 1970.
    now: i64,
    tables: Vec<Places>,
    severities: BTreeMap<Severity, Both>,
}

/// Rows that a repair changed stand apart from the others, of which another look may tell once more.
#[derive(Debug, Default)]
struct Both {
    rewritten: Circumstances,
    others: Circumstances,
}

impl BySeverity {
    /// For a report that was begun then.
    pub const fn until(now: i64) -> Self {
        Self { now, tables: Vec::new(), severities: BTreeMap::new() }
    }

    /// Looks at one more row.
    pub fn add(&mut self, target: &'static Target, row: &Flagged) {
        let Some(finding) = &row.finding else { return };
        let known = self.tables.iter().position(|table| std::ptr::eq(table.target, target));
        let place = known.unwrap_or_else(|| {
            self.tables.push(Places { target, of_sorts: SORTS.each_ref().map(|sort| sort.places(target)) });
            self.tables.len() - 1
        });
        let table = &self.tables[place];
        let both = self.severities.entry(target.reader.severity(finding.kind)).or_default();
        let circumstances = if row.outcome == Outcome::Rewritten { &mut both.rewritten } else { &mut both.others };
        circumstances.add(table, row, self.now);
    }

    /// Forgets every row that was not changed.
    pub fn keep_rewritten(&mut self) {
        self.severities.values_mut().for_each(|both| both.others = Circumstances::default());
    }

    /// What is to be reported, the worst first.
    pub fn into_reports(self) -> Vec<CircumstancesReport> {
        let report = |(severity, Both { mut rewritten, others })| {
            rewritten.merge(others);
            CircumstancesReport::new(severity, &rewritten)
        };
        self.severities.into_iter().rev().filter_map(report).collect()
    }
}

/// What is known of rows of one severity.
#[derive(Debug, Default)]
struct Circumstances {
    rows: u64,
    sources: [Frequent; SORTS.len()],
    recent: Recent,
    first: Option<i64>,
    last: Option<Last>,
    last_day: u64,
    expiry: Expiries,
}

/// The row that was written last.
#[derive(Debug)]
struct Last {
    moment: i64,
    target: &'static Target,
    key: Key,
    identity: Identity,
}

/// When rows may be dropped, in microseconds since 1970.
#[derive(Debug, Default)]
struct Expiries {
    rows: u64,
    expired: u64,
    first: Option<i64>,
    last: Option<i64>,
}

impl Circumstances {
    /// Looks at one more row. `now` is when the report was begun, in microseconds since 1970.
    fn add(&mut self, table: &Places, row: &Flagged, now: i64) {
        self.rows += 1;
        let Some(facts) = &row.facts else { return };
        for (places, frequent) in table.of_sorts.iter().zip(&mut self.sources) {
            let name = places.iter().map(|place| &facts.identity.0[*place]);
            if !places.is_empty() && name.clone().all(|part| *part != Scalar::Null) {
                frequent.add(name);
            }
        }
        if let Some(moment) = facts.moment {
            self.written(table.target, &row.key, facts, moment);
            self.last_day += u64::from(moment > now.saturating_sub(DAY));
        }
        if let Some(moment) = facts.expires_at {
            self.expiry.add(moment, now);
        }
    }

    fn written(&mut self, target: &'static Target, key: &Key, facts: &Facts, moment: i64) {
        self.recent.add(moment);
        self.first = earlier(self.first, Some(moment));
        if self.last.as_ref().is_none_or(|last| last.moment < moment) {
            self.last = Some(Last { moment, target, key: key.clone(), identity: facts.identity.clone() });
        }
    }

    /// Adds what another has seen.
    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        for (frequent, other) in self.sources.iter_mut().zip(other.sources) {
            frequent.merge(other);
        }
        self.recent.merge(other.recent);
        self.first = earlier(self.first, other.first);
        self.last = self.last.take().into_iter().chain(other.last).max_by_key(|last| last.moment);
        self.last_day += other.last_day;
        self.expiry.merge(&other.expiry);
    }
}

impl Expiries {
    fn add(&mut self, moment: i64, now: i64) {
        let expired = u64::from(moment <= now);
        self.merge(&Self { rows: 1, expired, first: Some(moment), last: Some(moment) });
    }

    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.expired += other.expired;
        self.first = earlier(self.first, other.first);
        self.last = self.last.max(other.last);
    }
}

fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).min()
}
