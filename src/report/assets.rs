//! Assets by name. Rows of their state know only ids; whoever holds the database may look the names up before the report
//! is written.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::Columns;
use super::model::Report;
use crate::domain::target::Scalar;

/// How many assets a report names at most. A report that tells of more shows the ids of the others.
const MOST: usize = 1_000;

/// Names of assets by id, as far as they are known.
pub type AssetNames = BTreeMap<i64, String>;

/// The assets that a report tells of: those with most rows, and those of the rows that it lists.
pub fn told_of(report: &Report) -> Vec<i64> {
    let sources = report.circumstances.iter().filter_map(|circumstances| circumstances.sources.get("assets"));
    let most = sources.flat_map(|assets| &assets.most).filter_map(|source| source.name.get("asset_id")?.as_i64());
    let last = report.circumstances.iter().filter_map(|circumstances| circumstances.written.as_ref());
    let last = last.filter_map(|written| id(&written.last_row.identity));
    let listed = report.findings.iter().filter_map(|finding| id(finding.identity.as_ref()?));
    let mut told_of = BTreeSet::new();
    for id in most.chain(last).chain(listed) {
        if told_of.len() < MOST {
            told_of.insert(id);
        }
    }
    told_of.into_iter().collect()
}

/// Which asset a row's identity says.
pub fn id(identity: &Columns) -> Option<i64> {
    identity.get("asset_id").and_then(Scalar::as_integer)
}
