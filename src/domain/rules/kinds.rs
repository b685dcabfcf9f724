//! Sets of kinds, with a place for the rows of which nothing is to be said.
//!
//! How bad a kind is depends on who reads the row, so a set knows each kind once for each severity that it has to some
//! reader: "every error" is then a set like any other.

use std::fmt;

use crate::domain::finding::{Kind, Severity};
use crate::domain::reader::Reader;

/// Which rows are meant, by what is wrong with them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u64);

/// Stands for rows that read well. Far behind the kinds, which take three bits each.
const READABLE: u64 = 1 << 63;

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

    /// Every kind of a severity, to whatever reader.
    pub fn of(severity: Severity) -> Self {
        Reader::ALL.iter().fold(Self::NONE, |set, reader| set.and(Self::to(*reader).only(severity)))
    }

    /// Every kind that a reader knows.
    pub fn to(reader: Reader) -> Self {
        reader.kinds().fold(Self::NONE, |set, kind| set.and(Self::one(kind, reader.severity(kind))))
    }

    const fn one(kind: Kind, severity: Severity) -> Self {
        Self(1 << (kind as u32 * 3 + severity as u32))
    }

    fn only(self, severity: Severity) -> Self {
        let of_severity = Kind::ALL.iter().fold(Self::NONE, |set, kind| set.and(Self::one(*kind, severity)));
        self.but(self.but(of_severity))
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

    /// Whether a row of this kind, or without one, is meant, in a table with this reader.
    pub fn take(self, kind: Option<Kind>, reader: Reader) -> bool {
        let bit = match kind {
            Some(kind) => Self::one(kind, reader.severity(kind)),
            None => Self::READABLE,
        };
        self.cover(bit)
    }

    /// Whether rows that read well are meant.
    pub const fn take_readable(self) -> bool {
        self.0 & READABLE != 0
    }

    /// Whether everything in the other set is in this one.
    pub const fn cover(self, other: Self) -> bool {
        other.but(self).is_empty()
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kinds that are in it as bad as they are to Airflow, in their order, without a word on rows that read well.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.iter().copied().filter(move |kind| self.cover(Self::one(*kind, kind.severity())))
    }

    /// The kinds that are in it in some way.
    pub fn touched(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.iter().copied().filter(move |kind| Self::from(*kind).but(self) != Self::from(*kind))
    }

    /// The names of all that is in it, as [`Kinds::iter`] has it.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.iter().map(Kind::name).chain(self.readable_name())
    }

    fn readable_name(self) -> Option<&'static str> {
        self.take_readable().then_some(Self::READABLE_NAME)
    }

    /// All that is in it, in words that no other set has.
    pub(super) fn text(self) -> String {
        let word = |kind: Kind| {
            let severities = Severity::ALL.iter().filter(|severity| self.cover(Self::one(kind, **severity)));
            match self.cover(kind.into()) {
                true => kind.name().to_owned(),
                false => severities.map(|severity| format!("{kind}:{}", severity.name())).collect::<Vec<_>>().join(" "),
            }
        };
        self.touched().map(word).chain(self.readable_name().map(str::to_owned)).collect::<Vec<_>>().join(" ")
    }
}

impl From<Kind> for Kinds {
    /// Rows of the kind, however bad it is.
    fn from(kind: Kind) -> Self {
        let meeting = Reader::ALL.iter().filter(|reader| reader.meets(kind));
        meeting.fold(Self::NONE, |set, reader| set.and(Self::one(kind, reader.severity(kind))))
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, |set, kind| set.and(kind.into()))
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_takes_a_kind_where_it_is_as_bad_as_that() {
        let errors = Kinds::of(Severity::Error);
        for (kind, reader, taken) in [
            (Kind::RawText, Reader::Airflow, true),
            (Kind::NonFinite, Reader::Airflow, false),
            (Kind::NonFinite, Reader::Rfc8259, true),
            (Kind::LoneSurrogate, Reader::Airflow, true),
            (Kind::LoneSurrogate, Reader::JsonLoads, false),
            (Kind::HugeInteger, Reader::MysqlJson, false),
        ] {
            assert_eq!(errors.take(Some(kind), reader), taken, "{kind} {reader:?}");
            assert!(Kinds::from(kind).take(Some(kind), reader), "a kind is meant however bad it is");
        }
        assert!(!errors.take(None, Reader::Airflow) && !errors.take_readable());
        assert_eq!(Severity::ALL.map(Kinds::of).into_iter().fold(Kinds::NONE, Kinds::and), Kinds::flagged());
    }

    #[test]
    fn sets_that_differ_have_texts_that_differ() {
        assert_eq!(Kinds::from(Kind::NonFinite).text(), "non_finite");
        assert_eq!(
            Kinds::to(Reader::Airflow).only(Severity::Warning).but(Kind::NullValue.into()).text(),
            "non_finite:warning stale_reference too_large"
        );
        assert_eq!(Kinds::READABLE.and(Kind::Empty.into()).text(), "empty readable");
    }
}
