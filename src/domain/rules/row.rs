//! What rules see of a row.

use serde::{Deserialize, Serialize};

use crate::domain::finding::Kind;
use crate::domain::reader::Reader;

/// A moment, in microseconds since 1970 in UTC, which is as precise as the databases keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment(pub i64);

/// Whose a row is, as far as its table tells. The state of a task has no asset, that of an asset no DAG and no task: who
/// wrote it last is not whose it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner<'a> {
    pub dag: Option<&'a str>,
    pub task: Option<&'a str>,
    /// The asset's id in decimal digits, as reports name it.
    pub asset: Option<&'a str>,
}

/// A row, as far as anyone has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// What is wrong with it; nothing where it reads well.
    pub kind: Option<Kind>,
    /// The name of its table.
    pub table: &'a str,
    /// Who reads it.
    pub reader: Reader,
    /// Whose it is. May be left out where [`Rules::needs_identity`](super::Rules::needs_identity) says no.
    pub owner: Owner<'a>,
    /// Its key. May be left out where [`Rules::needs_identity`](super::Rules::needs_identity) says no.
    pub key: Option<&'a str>,
    /// Its value, whatever bytes it is.
    pub value: &'a [u8],
    /// When it was written, if anyone knows. May be left out where [`Rules::needs_time`](super::Rules::needs_time)
    /// says no.
    pub written_at: Option<Moment>,
}
