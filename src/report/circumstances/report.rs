//! What a report holds of all rows of one severity together.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Circumstances, Expiries, SORTS, Sort};
use crate::domain::finding::Severity;
use crate::domain::target::Scalar;
use crate::report::columns::Columns;
use crate::report::frequent::Frequent;
use crate::report::model::is_zero;
use crate::report::recent::Unit;
use crate::report::wording::rfc_3339;

/// How many sources of each sort are listed.
const LISTED: usize = 20;

/// All times are RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CircumstancesReport {
    pub severity: Severity,
    /// The rows that this is about.
    pub rows: u64,
    /// By the sort of source: `dags`, `tasks`, `keys`, `assets`. Those that no row has are missing.
    pub sources: BTreeMap<&'static str, SourcesReport>,
    /// Missing where no row tells when it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<WrittenReport>,
    /// Missing where no row ever expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<ExpiryReport>,
}

impl CircumstancesReport {
    /// Whether nothing is known of the rows but their number.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.written.is_none() && self.expiry.is_none()
    }
}

/// The sources of one sort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourcesReport {
    /// How many there are.
    pub distinct: u64,
    /// Present where there were too many to count exactly.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub distinct_estimated: bool,
    /// Those with most rows, most of all first.
    pub most: Vec<SourceReport>,
    /// The rows of all others.
    pub other_rows: u64,
    /// Present where there were too many to count the rows of each exactly: so many more a source may have, at most.
    #[serde(skip_serializing_if = "is_zero")]
    pub lacking: u64,
}

/// One source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// What names it: `dag_id`; `dag_id` and `task_id`; `key`; `asset_id`.
    #[serde(flatten)]
    pub name: Map<String, Value>,
    pub rows: u64,
}

/// When the rows were last written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WrittenReport {
    pub first: String,
    pub last: String,
    /// The row that was written last, and with it, where the table tells, by whom.
    pub last_row: RowReport,
    /// Rows that were written in the 24 hours before the report was begun, by its own clock.
    pub last_day: u64,
    /// What is counted by.
    pub unit: Unit,
    /// Rows that were written before the first of these.
    pub earlier: u64,
    /// Without a gap, up to the one with the row that was written last.
    pub buckets: Vec<BucketReport>,
}

/// The rows that were written in one hour, day or week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BucketReport {
    /// When it began.
    pub from: String,
    pub rows: u64,
}

/// What names a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowReport {
    pub table: &'static str,
    pub key: Columns,
    pub identity: Columns,
}

/// When Airflow may drop rows by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExpiryReport {
    /// Rows that it ever may.
    pub rows: u64,
    /// Those of them that it might have dropped already.
    pub expired: u64,
    pub first: String,
    pub last: String,
}

impl CircumstancesReport {
    /// Nothing where there are no rows.
    pub(super) fn new(severity: Severity, circumstances: &Circumstances) -> Option<Self> {
        let sources = SORTS.iter().zip(&circumstances.sources).filter(|(_, frequent)| frequent.all() > 0);
        (circumstances.rows > 0).then(|| Self {
            severity,
            rows: circumstances.rows,
            sources: sources.map(|(sort, frequent)| (sort.name, SourcesReport::new(sort, frequent))).collect(),
            written: WrittenReport::new(circumstances),
            expiry: ExpiryReport::new(&circumstances.expiry),
        })
    }
}

impl SourcesReport {
    fn new(sort: &Sort, frequent: &Frequent) -> Self {
        let source = |(name, rows): (&[Scalar], u64)| {
            let parts = sort.columns.iter().zip(name).map(|(column, part)| ((*column).to_owned(), json(part)));
            SourceReport { name: parts.collect(), rows }
        };
        let most: Vec<SourceReport> = frequent.most(LISTED).into_iter().map(source).collect();
        Self {
            distinct: frequent.distinct().count(),
            distinct_estimated: frequent.distinct().is_estimate(),
            other_rows: frequent.all() - most.iter().map(|source| source.rows).sum::<u64>(),
            lacking: frequent.lacking(),
            most,
        }
    }
}

fn json(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Integer(integer) => Value::from(*integer),
        Scalar::Text(text) => Value::from(text.as_str()),
    }
}

impl WrittenReport {
    fn new(circumstances: &Circumstances) -> Option<Self> {
        let (first, last) = (circumstances.first?, circumstances.last.as_ref()?);
        let buckets = circumstances.recent.buckets();
        Some(Self {
            first: rfc_3339(first),
            last: rfc_3339(last.moment),
            last_row: RowReport {
                table: &last.target.table,
                key: Columns::of_key(last.target, &last.key),
                identity: Columns::of_identity(last.target, &last.identity),
            },
            last_day: circumstances.last_day,
            unit: buckets.unit,
            earlier: buckets.earlier,
            buckets: buckets.iter().map(|(from, rows)| BucketReport { from: rfc_3339(from), rows }).collect(),
        })
    }
}

impl ExpiryReport {
    fn new(expiry: &Expiries) -> Option<Self> {
        let (first, last) = (rfc_3339(expiry.first?), rfc_3339(expiry.last?));
        Some(Self { rows: expiry.rows, expired: expiry.expired, first, last })
    }
}
