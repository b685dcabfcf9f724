//! What a piece decides about its rows, and what became of it.

use std::borrow::Cow;

use super::super::events::Flagged;
use super::super::store::{Change, Effect, LockedRow};
use crate::domain::target::Key;

/// What is done with one row.
#[derive(Debug, Default)]
pub struct Verdict {
    pub edit: Option<Edit>,
    pub told: Option<Flagged>,
}

impl Verdict {
    /// Nothing is changed, and there is this to say.
    pub const fn told(row: Flagged) -> Self {
        Self { edit: None, told: Some(row) }
    }

    /// All that is to be changed, and all that is to be said.
    pub fn sorted(verdicts: Vec<Self>) -> (Vec<Edit>, Vec<Flagged>) {
        let (mut edits, mut told) = (Vec::new(), Vec::new());
        for verdict in verdicts {
            edits.extend(verdict.edit);
            told.extend(verdict.told);
        }
        (edits, told)
    }
}

/// A change of one row, decided and not yet made.
#[derive(Debug)]
pub struct Edit {
    pub key: Key,
    pub kind: Cow<'static, str>,
    pub action: &'static str,
    pub effect: Effect,
    pub written_at: Option<String>,
}

impl Edit {
    /// A locked row gets another value. Nothing where the value that is there is not text.
    pub fn rewrite(
        row: &LockedRow,
        kind: impl Into<Cow<'static, str>>,
        action: &'static str,
        after: String,
    ) -> Option<Self> {
        let before = row.value.as_text()?.to_owned();
        Some(Self::of(row, kind, action, Effect::Rewrite { before, after }))
    }

    /// A locked row is taken away. Nothing where its value is not text.
    pub fn remove(row: &LockedRow, kind: impl Into<Cow<'static, str>>, action: &'static str) -> Option<Self> {
        let before = row.value.as_text()?.to_owned();
        Some(Self::of(row, kind, action, Effect::Remove { before }))
    }

    fn of(row: &LockedRow, kind: impl Into<Cow<'static, str>>, action: &'static str, effect: Effect) -> Self {
        Self { key: row.key.clone(), kind: kind.into(), action, effect, written_at: row.written_at.clone() }
    }

    /// The change as the store makes it.
    pub(super) fn numbered(&self, seq: i64) -> Change<'_> {
        let Self { key, kind, action, effect, written_at } = self;
        Change { seq, key, kind, action, effect, written_at: written_at.as_deref() }
    }
}

/// What a chunk did.
#[derive(Debug, Default)]
pub struct Done {
    /// How many rows it changed.
    pub changed: u64,
    pub told: Vec<Flagged>,
}
