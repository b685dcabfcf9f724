//! What `explain` says of a value: a line of its protocol for programs, a page for people.
//!
//! A [`Verdict`] is the line, key for key. An [`Explanation`] is the page: the verdict with what a person wants to know
//! besides, such as how much was judged and what stands at the place. Whoever did not ask to see values gets an
//! explanation that no longer holds any, so that no form can show what it should not.

use serde::{Serialize, Serializer};

use crate::domain::finding::{Action, Finding, Severity};
use crate::domain::judge::{Judge, Stored};
use crate::domain::reader::{Limits, Readings};
use crate::domain::repair::{Capacity, Decision, Examined, Reason, examine};

mod excerpt;
mod human;

pub use human::write;

/// What is said of one value: a line of `explain --ndjson`, and its `--format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The name of the kind, or `readable` where there is nothing to say.
    pub kind: &'static str,
    /// How bad that is; null where there is nothing to say.
    pub severity: Option<Severity>,
    /// What each reader makes of the value.
    pub readers: Readings,
    /// What Python says where the value does not parse, else what is to be said of it.
    pub message: Option<String>,
    /// Where in the value, in bytes.
    pub offset: Option<usize>,
    /// What `repair` does with such a value.
    pub action: Action,
    /// What `repair` would write. Without a database at hand, no column is too short for it.
    #[serde(skip_serializing_if = "Rewrite::is_withheld")]
    pub rewrite: Rewrite,
}

/// The text that a repair would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// It would write nothing.
    Nothing,
    /// This text.
    Text(String),
    /// A text of so many bytes, which holds the value and is not to be shown. Its key is missing then.
    Withheld(usize),
}

/// A verdict with what a person wants to know besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// What is said of the value.
    pub verdict: Verdict,
    /// Why a repair would leave a value that it should change.
    pub left: Option<Reason>,
    /// Where the trouble is.
    pub place: Option<Place>,
    /// How long the value is.
    pub bytes: usize,
    /// What became of a line break at the end of the input.
    pub line_break: LineBreak,
    /// How far the readers go by whose rules it was judged.
    pub limits: Limits,
    /// The value, as long as it may be shown.
    value: Option<&'a [u8]>,
}

/// What became of the line break that `echo` and editors put at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineBreak {
    /// There was none.
    Absent,
    /// There was one, and it was not judged.
    LeftOff,
    /// There was one, and it was judged as a part of the value.
    Kept,
}

/// A place in a value, counted as Python does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// In bytes, from 0.
    pub offset: usize,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl Verdict {
    /// Judges a value from a text column.
    pub fn of(judge: &Judge, value: &[u8]) -> Self {
        Self::from_examined(examined(judge, value)).0
    }

    /// The verdict, and why the value would be left where it should be changed.
    fn from_examined(examined: Option<Examined>) -> (Self, Option<Reason>) {
        let Some(Examined { finding, action, decision }) = examined else { return (Self::readable(), None) };
        let Finding { kind, readings, message, offset } = finding;
        let (rewrite, left) = match decision {
            Decision::Report => (Rewrite::Nothing, None),
            Decision::Leave(reason) => (Rewrite::Nothing, Some(reason)),
            Decision::Rewrite(text) => (Rewrite::Text(text), None),
        };
        let verdict = Self {
            kind: kind.name(),
            severity: Some(kind.severity()),
            readers: readings,
            message: Some(message),
            offset,
            action,
            rewrite,
        };
        (verdict, left)
    }

    const fn readable() -> Self {
        Self {
            kind: "readable",
            severity: None,
            readers: Readings::OK,
            message: None,
            offset: None,
            action: Action::None,
            rewrite: Rewrite::Nothing,
        }
    }
}

impl<'a> Explanation<'a> {
    /// Judges a value from a text column. The explanation holds the value, and so shows it.
    pub fn new(judge: &Judge, value: &'a [u8], line_break: LineBreak) -> Self {
        let (verdict, left) = Verdict::from_examined(examined(judge, value));
        Self {
            place: verdict.offset.map(|offset| Place::of(value, offset)),
            verdict,
            left,
            bytes: value.len(),
            line_break,
            limits: judge.limits,
            value: Some(value),
        }
    }

    /// The same without anything that shows a piece of the value.
    #[must_use]
    pub fn without_values(mut self) -> Self {
        self.value = None;
        if let Rewrite::Text(text) = self.verdict.rewrite {
            self.verdict.rewrite = Rewrite::Withheld(text.len());
        }
        self
    }
}

impl Place {
    fn of(value: &[u8], offset: usize) -> Self {
        let before = &value[..offset.min(value.len())];
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let newlines = before.iter().filter(|&&byte| byte == b'\n').count();
        // Every byte but the second and later ones of a character begins one.
        let characters = before[line_start..].iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        Self { offset, line: newlines + 1, column: characters + 1 }
    }
}

impl Rewrite {
    const fn is_withheld(&self) -> bool {
        matches!(self, Self::Withheld(_))
    }

    /// How long it is, if there is one.
    const fn bytes(&self) -> Option<usize> {
        match self {
            Self::Nothing => None,
            Self::Text(text) => Some(text.len()),
            Self::Withheld(bytes) => Some(*bytes),
        }
    }
}

impl Serialize for Rewrite {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Nothing | Self::Withheld(_) => serializer.serialize_none(),
        }
    }
}

fn examined(judge: &Judge, value: &[u8]) -> Option<Examined> {
    examine(judge, Stored::Text(value), Capacity::UNLIMITED)
}

#[cfg(test)]
mod tests;
