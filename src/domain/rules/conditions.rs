//! Which rows a rule takes.

use super::glob::Globs;
use super::kinds::Kinds;
use super::pattern::Pattern;
use super::row::{Moment, Row};
use crate::domain::encode::encode;

/// What a row must be like. All of it must hold; what is not said holds always.
///
/// A condition on something that is not known of a row does not hold: rows without a time of writing are written
/// neither before nor after a moment, rows of assets have no DAG and no task, rows of tasks no asset, and rows of a table
/// of the user's own what its identity columns say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// What is wrong with the row. Unless it is said, something has to be.
    pub kinds: Kinds,
    /// The table that it stands in.
    pub table: Option<Globs>,
    /// The DAG whose state it is.
    pub dag: Option<Globs>,
    /// The task whose state it is.
    pub task: Option<Globs>,
    /// Its key.
    pub key: Option<Globs>,
    /// The asset whose state it is.
    pub asset: Option<Globs>,
    /// What stands in its value.
    pub text: Option<Pattern>,
    /// It was written before this moment.
    pub written_before: Option<Moment>,
    /// It was written at this moment or later.
    pub written_after: Option<Moment>,
}

impl Default for Conditions {
    /// Every row of which something is to be said.
    fn default() -> Self {
        Self {
            kinds: Kinds::flagged(),
            table: None,
            dag: None,
            task: None,
            key: None,
            asset: None,
            text: None,
            written_before: None,
            written_after: None,
        }
    }
}

impl Conditions {
    /// Whether all of them hold for a row. What is cheap to know is asked first.
    pub fn take(&self, row: &Row<'_>) -> bool {
        self.kinds.take(row.kind, row.reader)
            && self.take_time(row.written_at)
            && take(self.table.as_ref(), Some(row.table))
            && take(self.dag.as_ref(), row.owner.dag)
            && take(self.task.as_ref(), row.owner.task)
            && take(self.asset.as_ref(), row.owner.asset)
            && take(self.key.as_ref(), row.key)
            && self.text.as_ref().is_none_or(|text| text.is_in(row.value))
    }

    fn take_time(&self, written_at: Option<Moment>) -> bool {
        let before = |moment| written_at.is_some_and(|written_at| written_at < moment);
        let after = |moment| written_at.is_some_and(|written_at| written_at >= moment);
        self.written_before.is_none_or(before) && self.written_after.is_none_or(after)
    }

    /// Whether any of them is about whose state a row is, or about its key.
    pub const fn need_identity(&self) -> bool {
        self.dag.is_some() || self.task.is_some() || self.key.is_some() || self.asset.is_some()
    }

    /// Whether any of them is about the time of writing.
    pub const fn need_time(&self) -> bool {
        self.written_before.is_some() || self.written_after.is_some()
    }

    /// What is said, a line for each condition, in a form that does not depend on how it was written.
    pub(super) fn lines(&self) -> Vec<String> {
        let kinds = format!("kind {}", self.kinds.text());
        let globs = self.globs().into_iter().filter_map(|(field, globs)| {
            let texts: Vec<_> = globs?.texts().map(|text| encode(&text)).collect();
            Some(format!("{field} {}", texts.join(" ")))
        });
        let text = self.text.as_ref().map(|text| format!("text {}", encode(text.text())));
        let before = self.written_before.map(|Moment(micros)| format!("written_before {micros}"));
        let after = self.written_after.map(|Moment(micros)| format!("written_after {micros}"));
        [kinds].into_iter().chain(globs).chain(text).chain(before).chain(after).collect()
    }

    /// The conditions that are globs, by the names of their fields.
    pub fn globs(&self) -> [(&'static str, Option<&Globs>); 5] {
        [
            ("table", self.table.as_ref()),
            ("dag", self.dag.as_ref()),
            ("task", self.task.as_ref()),
            ("key", self.key.as_ref()),
            ("asset", self.asset.as_ref()),
        ]
    }
}

fn take(globs: Option<&Globs>, name: Option<&str>) -> bool {
    globs.is_none_or(|globs| name.is_some_and(|name| globs.take(name)))
}
