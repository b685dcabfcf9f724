//! What is to be done with one row: a pure function of its value and of what the database can hold.

use serde::Serialize;

use super::census::JsonType;
use super::encode::encode;
use super::finding::{Action, Finding, Kind};
use super::judge::{Judge, Stored};
use super::reader::Limits;

/// Why a row was left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The stored bytes are not text, so they have no JSON string.
    NotText,
    /// A rule says so.
    Ruled,
    /// The value is a JSON string already, and encoding it once more would not be noticed by the next run.
    AlreadyString,
    /// The value is nothing that the action takes.
    NotApplicable,
    /// Some reader would not take the rewrite either.
    Unreadable,
    /// The rewrite is longer than the column or one statement can hold.
    TooLong,
    /// Another transaction held the row's lock whenever it was tried.
    Locked,
    /// The database would not take the rewrite: a constraint, a trigger.
    Refused,
    /// Someone has written the row since the run, or since the plan was made.
    WrittenSince,
    /// The row is what the plan saw, but this release would write something else than the plan says.
    PlannedOtherwise,
    /// The row is no longer there.
    Gone,
}

impl Reason {
    /// The reason as a person reads it, fit to stand behind "left: ".
    pub const fn explain(self) -> &'static str {
        match self {
            Self::NotText => "the stored bytes are not text",
            Self::Ruled => "the rules say to skip it",
            Self::AlreadyString => "it is a JSON string already",
            Self::NotApplicable => "the action does not apply to such a value",
            Self::Unreadable => "a reader would not take the rewritten value either",
            Self::TooLong => "the rewritten value is too long for the column or for one statement",
            Self::Locked => "another transaction held its lock whenever it was tried",
            Self::Refused => "the database refused the rewritten value",
            Self::WrittenSince => "someone has written the row since",
            Self::PlannedOtherwise => "this release would write something else than the plan says",
            Self::Gone => "the row is no longer there",
        }
    }
}

/// Everything that decides what a repair writes, in words: two releases that say the same here plan the same.
pub fn rules(judge: &Judge) -> String {
    let actions = Kind::ALL.iter().map(|kind| format!("{} {}", kind.name(), kind.default_action().name()));
    let Limits { api_height, worker_height, .. } = judge.limits;
    let heights = format!("height {api_height} {worker_height}");
    actions.chain([heights]).collect::<Vec<_>>().join("\n")
}

/// What happens to a flagged row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: the row is reported and that is all that was asked for.
    Report,
    /// It should be changed and cannot be.
    Leave(Reason),
    /// It becomes this text.
    Rewrite(String),
}

/// The longest value, in bytes, that can be written to a column in one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity(pub u64);

impl Capacity {
    /// More than any value that a text column gives out.
    pub const UNLIMITED: Self = Self(u64::MAX);
}

/// A flagged value with what is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    pub finding: Finding,
    pub action: Action,
    pub decision: Decision,
}

/// Judges a value and decides about it. A healthy value gives nothing.
pub fn examine(judge: &Judge, value: Stored<'_>, capacity: Capacity) -> Option<Examined> {
    let finding = judge.judge(value)?;
    let action = finding.kind.default_action();
    let decision = decide(judge, value, Some(&finding), action, capacity);
    Some(Examined { finding, action, decision })
}

/// Decides about one value under one action. `finding` is what [`Judge::judge`] says of the value, nothing for one that
/// reads well. A rewrite is never longer than `capacity`, and both readers read it as it stands there.
pub fn decide(
    judge: &Judge,
    value: Stored<'_>,
    finding: Option<&Finding>,
    action: Action,
    capacity: Capacity,
) -> Decision {
    let text = match value {
        Stored::Text(bytes) => str::from_utf8(bytes).map_err(|_| Reason::NotText),
        Stored::Blob(_) => Err(Reason::NotText),
    };
    let rewrite = match (action, text) {
        (Action::None, _) => return Decision::Report,
        (Action::Skip, _) => return Decision::Leave(skipped(finding)),
        (_, Err(reason)) => Err(reason),
        (Action::String, Ok(text)) if is_readable_string(text, finding) => Err(Reason::AlreadyString),
        (Action::String, Ok(text)) => Ok(encode(text)),
        (Action::Null, Ok(_)) => Ok("null".to_owned()),
        (Action::Reference | Action::Decode | Action::Replace, Ok(_)) => Err(Reason::NotApplicable),
    };
    match rewrite.and_then(|rewrite| accept(judge, rewrite, capacity)) {
        Ok(rewrite) => Decision::Rewrite(rewrite),
        Err(reason) => Decision::Leave(reason),
    }
}

/// Whether readers get a string. To encode it again would make another such string, run after run.
fn is_readable_string(text: &str, finding: Option<&Finding>) -> bool {
    JsonType::of(text.as_bytes(), finding.map(|finding| finding.kind)) == JsonType::String
}

fn skipped(finding: Option<&Finding>) -> Reason {
    match finding {
        Some(Finding { kind: Kind::NotText, .. }) => Reason::NotText,
        _ => Reason::Ruled,
    }
}

/// What must hold for every rewrite, whatever made it.
fn accept(judge: &Judge, rewrite: String, capacity: Capacity) -> Result<String, Reason> {
    if rewrite.len() as u64 > capacity.0 {
        Err(Reason::TooLong)
    } else if !judge.reads_ok(&rewrite) {
        Err(Reason::Unreadable)
    } else {
        Ok(rewrite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(value: Stored<'_>, capacity: Capacity) -> Option<Decision> {
        examine(&Judge::default(), value, capacity).map(|examined| examined.decision)
    }

    #[test]
    fn each_value_gets_its_decision() {
        let cases: &[(Stored<'_>, Option<Decision>)] = &[
            (Stored::Text(br#"{"a": 1}"#), None),
            (Stored::Text(b"NaN"), Some(Decision::Report)),
            (Stored::Text(b"s3://bucket/key"), Some(Decision::Rewrite(r#""s3://bucket/key""#.to_owned()))),
            (Stored::Text(b""), Some(Decision::Rewrite(r#""""#.to_owned()))),
            (Stored::Text(br#"{"a":"#), Some(Decision::Rewrite(r#""{\"a\":""#.to_owned()))),
            (Stored::Text(b"\xff"), Some(Decision::Leave(Reason::NotText))),
        ];
        for (value, expected) in cases {
            assert_eq!(&decide(*value, Capacity::UNLIMITED), expected, "{value:?}");
        }
    }

    #[test]
    fn a_rewrite_that_does_not_fit_is_left() {
        assert_eq!(decide(Stored::Text(b"abcd"), Capacity(5)), Some(Decision::Leave(Reason::TooLong)));
        assert_eq!(decide(Stored::Text(b"abcd"), Capacity(6)), Some(Decision::Rewrite("\"abcd\"".to_owned())));
    }
}
