//! What is wrong with a row: the kinds of design.md, their severity, and what is done about them by default.

use std::fmt;

use serde::Serialize;

use super::reader::Readings;

/// How bad a finding is. `Error` means that some reader fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Notice,
    Warning,
    Error,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Notice];

    /// The name that reports, rules and the JSON use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// What is to be done with a row. `docs/actions.md` says what each takes and what it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The value becomes the JSON string of its own text, byte for byte what `json.dumps` writes.
    String,
    /// A reference in an old form becomes the envelope that released builds resolve.
    Reference,
    /// A Python literal, an encoded payload or JSON in a JSON string becomes the JSON that it stands for.
    Decode,
    /// The value becomes `null`.
    Null,
    /// Only the offending bytes change: what is not finite becomes `null`, unpaired surrogates become U+FFFD.
    Replace,
    /// Report the row and leave it.
    Skip,
    /// Nothing needs to be done.
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

    /// The action with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $severity:ident, $action:ident;)+) => {
        /// What is wrong with a value. The first kind that applies wins, in this order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $($(#[$doc])* $variant,)+ }

        impl Kind {
            /// Every kind, in the order in which they win.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name that reports, the journal and rules use.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// How bad a row of this kind is to Airflow. Other readers see some kinds differently:
            /// [`Reader::severity`](super::reader::Reader::severity).
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// What `repair` does with a row of this kind in Airflow's tables when no rule says otherwise.
            pub const fn default_action(self) -> Action {
                match self { $(Self::$variant => Action::$action,)+ }
            }
        }
    };
}

kinds! {
    /// SQLite BLOB, or bytes that are not UTF-8.
    NotText, "not_text", Error, Skip;
    /// Nothing, or only white space.
    Empty, "empty", Error, String;
    /// Not JSON, but a whole Python literal.
    PythonLiteral, "python_literal", Error, String;
    /// Not JSON, but a URI with a scheme and `://`.
    BareReference, "bare_reference", Error, String;
    /// Not JSON, but base64 or hex of something recognisable.
    Encoded, "encoded", Error, String;
    /// Starts like JSON and fails later.
    BrokenJson, "broken_json", Error, String;
    /// Any other text that is not JSON.
    RawText, "raw_text", Error, String;
    /// JSON with an unpaired surrogate escape, which no reader can encode again.
    LoneSurrogate, "lone_surrogate", Error, String;
    /// JSON with an escape for the character NUL, which PostgreSQL's text cannot hold. No row of Airflow's is of it.
    NulCharacter, "nul_character", Error, String;
    /// JSON with an integer of more digits than CPython converts.
    HugeInteger, "huge_integer", Error, String;
    /// JSON higher than some reader takes.
    TooDeep, "too_deep", Error, String;
    /// Reads back with `null` in place of NaN, Infinity or an overflowing float.
    NonFinite, "non_finite", Warning, None;
    /// The whole value is `null`.
    NullValue, "null_value", Warning, None;
    /// A JSON string that is a URI, or the envelope of development builds.
    StaleReference, "stale_reference", Warning, None;
    /// Longer than the configured `max_value_storage_bytes`.
    TooLarge, "too_large", Warning, None;
    /// An object repeats a key; the last one wins.
    DuplicateKey, "duplicate_key", Notice, None;
    /// A JSON string whose content is itself a JSON object, array or string.
    DoubleEncoded, "double_encoded", Notice, None;
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a row was flagged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    /// What each reader makes of the value.
    pub readings: Readings,
    /// Python's message where the value does not parse, else what the reader stumbles over. Never holds stored text.
    pub message: String,
    /// Where in the value the trouble starts, in bytes from its beginning; always inside the value or at its end.
    pub offset: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_found_by_its_name() {
        for &action in Action::ALL {
            assert_eq!(Action::from_name(action.name()), Some(action));
        }
        assert_eq!(Action::from_name("String"), None);
        assert_eq!(Action::from_name(""), None);
    }
}
