//! Sets of kinds, with a place for the rows of which nothing is to be said.

use std::fmt;

use crate::domain::finding::{Kind, Severity};

/// Which rows are meant, by what is wrong with them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u32);

/// Stands for rows that read well. Far behind the kinds, of which there are fewer than 31.
const READABLE: u32 = 1 << 31;

impl Kinds {
    /// The word for rows of which nothing is to be said.
    pub const READABLE_NAME: &'static str = "readable";

    /// None at all.
    pub const NONE: Self = Self(0);

    /// Rows of which nothing is to be said.
    pub const READABLE: Self = Self(READABLE);

    /// Every row of which something is to be said.
    pub fn flagged() -> Self {
        Kind::ALL.iter().copied().collect()
    }

    /// Every kind of a severity.
    pub fn of(severity: Severity) -> Self {
        Kind::ALL.iter().copied().filter(|kind| kind.severity() == severity).collect()
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is not in the other set.
    #[must_use]
    pub const fn but(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether a row of this kind, or without one, is meant.
    pub const fn take(self, kind: Option<Kind>) -> bool {
        let bit = match kind {
            Some(kind) => 1 << kind as u32,
            None => READABLE,
        };
        self.0 & bit != 0
    }

    /// Whether everything in the other set is in this one.
    pub const fn cover(self, other: Self) -> bool {
        other.but(self).is_empty()
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kinds in it, in their order, without a word on rows that read well.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.iter().copied().filter(move |kind| self.take(Some(*kind)))
    }

    /// The names of all that is in it.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let readable = self.take(None).then_some(Self::READABLE_NAME);
        self.iter().map(Kind::name).chain(readable)
    }
}

impl From<Kind> for Kinds {
    fn from(kind: Kind) -> Self {
        Self(1 << kind as u32)
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, |set, kind| set.and(kind.into()))
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
