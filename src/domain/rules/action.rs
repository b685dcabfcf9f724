//! The actions that a rule may name. To be replaced by [`finding::Action`](crate::domain::finding::Action) as soon as
//! that has all of them; only its name, `from_name` and `ALL` are used.

use crate::domain::finding;

/// What a rule says to do with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    String,
    Reference,
    Decode,
    Null,
    Replace,
    Skip,
    None,
}

impl Action {
    /// Every action.
    pub const ALL: &'static [Self] =
        &[Self::String, Self::Reference, Self::Decode, Self::Null, Self::Replace, Self::Skip, Self::None];

    /// The name that reports, the journal and rules use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Reference => "reference",
            Self::Decode => "decode",
            Self::Null => "null",
            Self::Replace => "replace",
            Self::Skip => "skip",
            Self::None => "none",
        }
    }

    /// The action of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }
}

impl From<finding::Action> for Action {
    fn from(action: finding::Action) -> Self {
        match action {
            finding::Action::String => Self::String,
            finding::Action::Skip => Self::Skip,
            finding::Action::None => Self::None,
        }
    }
}
