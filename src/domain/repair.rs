//! What is to be done with one row: a pure function of its value and of what the database can hold.

use serde::Serialize;

use super::census::JsonType;
use super::decode::decode;
use super::encode::encode;
use super::finding::{Action, Finding, Kind};
use super::json::{self, Bounds};
use super::judge::{Judge, Stored};
use super::reader::{Limits, Reader};
use super::reference;

/// Why a row was left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The stored bytes are not text, so they have no JSON string.
    NotText,
    /// A rule says so.
    Ruled,
    /// It is no reference in an old form.
    NotReference,
    /// Nothing in it is what `replace` replaces.
    NothingToReplace,
    /// It stands for nothing else.
    NotDecodable,
    /// A pickle, which runs whatever it likes when it is opened.
    Pickle,
    /// A MessagePack map.
    Msgpack,
    /// Compressed data that cannot be unpacked.
    Damaged,
    /// Compressed data that takes more room than any value.
    TooMuchInside,
    /// An encoded payload that is no JSON inside.
    NotJsonInside,
    /// A Python literal with bytes in it.
    Bytes,
    /// A Python literal with a complex number in it.
    ComplexNumber,
    /// A Python literal with `...` in it.
    Ellipsis,
    /// A Python literal with a tuple for a key.
    TupleKey,
    /// A Python literal with an integer that `json.dumps` refuses to write.
    HugeInteger,
    /// Some reader would not take the rewrite either.
    Unreadable,
    /// The rewrite is longer than the column or one statement can hold.
    TooLong,
    /// Another transaction held the row's lock whenever it was tried.
    Locked,
    /// The database would not take the rewrite: a constraint, a trigger.
    Refused,
    /// It changed, or another took its place, between every look at it and the change that was to follow.
    Overtaken,
    /// Someone has written the row since the run, or since the plan was made.
    WrittenSince,
    /// The row is what the plan saw, but this release would write something else than the plan says.
    PlannedOtherwise,
    /// The row is no longer there.
    Gone,
    /// The released table holds another row under the same name.
    AlreadyThere,
    /// A newer one of the older tables holds another row under the same name.
    Superseded,
    /// The DAG run or asset whose state it is does not exist.
    Orphan,
}

impl Reason {
    /// Whether it is that the name is another row's.
    pub const fn is_taken_name(self) -> bool {
        matches!(self, Self::AlreadyThere | Self::Superseded)
    }

    /// The reason as a person reads it, fit to stand behind "left: ".
    pub const fn explain(self) -> &'static str {
        match self {
            Self::NotText => "the stored bytes are not text",
            Self::Ruled => "the rules say to skip it",
            Self::NotReference => "it is no reference in an old form",
            Self::NothingToReplace => "nothing that a reader stumbles over in it can be replaced",
            Self::NotDecodable => "it stands for nothing that can be decoded",
            Self::Pickle => "a pickle is never opened",
            Self::Msgpack => "MessagePack is not decoded",
            Self::Damaged => "it is compressed and damaged, or compressed with a dictionary",
            Self::TooMuchInside => "it takes more than 16 MiB to unpack",
            Self::NotJsonInside => "what is encoded in it is not JSON",
            Self::Bytes => "JSON has no form for the bytes in it",
            Self::ComplexNumber => "JSON has no form for the complex number in it",
            Self::Ellipsis => "JSON has no form for the ... in it",
            Self::TupleKey => "JSON has no form for the tuple that is a key in it",
            Self::HugeInteger => "an integer in it has more digits than Python writes",
            Self::Unreadable => "a reader would not take the rewritten value either",
            Self::TooLong => "the rewritten value is too long for the column or for one statement",
            Self::Locked => "another transaction held its lock whenever it was tried",
            Self::Refused => "the database refused the rewritten value",
            Self::Overtaken => "it changed whenever it was tried",
            Self::WrittenSince => "someone has written the row since",
            Self::PlannedOtherwise => "this release would write something else than the plan says",
            Self::Gone => "the row is no longer there",
            Self::AlreadyThere => "the released table has another row of this name",
            Self::Superseded => "a newer table has another row of this name",
            Self::Orphan => "there is no such DAG run or asset",
        }
    }
}

/// Everything that decides what a repair of a reader's values writes, in words: two releases that say the same here plan
/// the same.
pub fn rules(judge: &Judge) -> String {
    let reader = judge.reader;
    let actions = reader.kinds().map(|kind| format!("{} {}", kind.name(), reader.default_action(kind).name()));
    let limits = if reader == Reader::Airflow {
        let Limits { api_height, worker_height, .. } = judge.limits;
        format!("height {api_height} {worker_height}")
    } else {
        let Bounds { integer_digits, containers, height, nul } = reader.bounds();
        format!("{} digits {integer_digits} containers {containers} height {height} nul {nul}", reader.name())
    };
    actions.chain([limits]).collect::<Vec<_>>().join("\n")
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

/// The longest value that can be written to a column in one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    pub bytes: u64,
    /// Some columns count characters.
    pub characters: u64,
}

impl Capacity {
    /// More than any value that a text column gives out.
    pub const UNLIMITED: Self = Self { bytes: u64::MAX, characters: u64::MAX };

    /// So many bytes, however many characters they are.
    pub const fn bytes(bytes: u64) -> Self {
        Self { bytes, ..Self::UNLIMITED }
    }

    /// So many characters, however many bytes they are.
    pub const fn characters(characters: u64) -> Self {
        Self { characters, ..Self::UNLIMITED }
    }

    /// What fits into both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { bytes: self.bytes.min(other.bytes), characters: self.characters.min(other.characters) }
    }

    /// Whether a text fits.
    fn takes(self, text: &str) -> bool {
        let (bytes, limit) = (text.len() as u64, self.characters);
        // Characters are counted where it matters: there are at most as many as bytes.
        bytes <= self.bytes && (bytes <= limit || text.chars().count() as u64 <= limit)
    }
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
    let action = judge.reader.default_action(finding.kind);
    let decision = decide(judge, value, Some(&finding), action, capacity);
    Some(Examined { finding, action, decision })
}

/// Decides about one value under one action. `finding` is what [`Judge::judge`] says of the value, nothing for one that
/// reads well. A rewrite is never longer than `capacity`, nor is the text that it takes the place of, and all readers get exactly what it says. A value that is
/// already what the action makes is only reported.
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
    match (action, text) {
        (Action::None, _) => Decision::Report,
        (Action::Skip, _) => Decision::Leave(skipped(finding)),
        (_, Err(reason)) => Decision::Leave(reason),
        (Action::String, Ok(text)) if is_readable_string(judge, text, finding) => Decision::Report,
        (_, Ok(text)) => match rewrite(judge, text, finding, action) {
            Ok(Some(rewrite)) => accept(judge, text, rewrite, capacity).map_or_else(Decision::Leave, Decision::Rewrite),
            Ok(None) if judge.reads_ok(text) => Decision::Report,
            Ok(None) => Decision::Leave(Reason::Unreadable),
            Err(reason) => Decision::Leave(reason),
        },
    }
}

/// Whether readers get a string already. To encode it again would make another such string, run after run.
fn is_readable_string(judge: &Judge, text: &str, finding: Option<&Finding>) -> bool {
    let severity = finding.map(|finding| judge.reader.severity(finding.kind));
    JsonType::of(text.as_bytes(), severity) == JsonType::String
}

/// What an action makes of a text; nothing where the text is that already.
fn rewrite(judge: &Judge, text: &str, finding: Option<&Finding>, action: Action) -> Result<Option<String>, Reason> {
    match action {
        Action::String => Ok(Some(encode(text))),
        Action::Reference => reference::released(text),
        Action::Decode => decode(text).map(Some),
        Action::Null => Ok((text.trim_matches(json::WHITE) != "null").then(|| "null".to_owned())),
        Action::Replace => replaced(judge, text, finding).map(Some),
        Action::Skip | Action::None => Ok(None),
    }
}

/// The text without what some reader stumbles over, or might.
fn replaced(judge: &Judge, text: &str, finding: Option<&Finding>) -> Result<String, Reason> {
    let doubtful = |finding: &Finding| matches!(finding.kind, Kind::LoneSurrogate | Kind::NonFinite);
    let offends = || finding.is_some_and(doubtful) || !judge.reads_ok(text);
    let is_json = json::is_json(text.as_bytes());
    let replaced = || json::replaced(text, |over| judge.stumbles(over));
    (is_json && offends()).then(replaced).flatten().ok_or(Reason::NothingToReplace)
}

fn skipped(finding: Option<&Finding>) -> Reason {
    match finding {
        Some(Finding { kind: Kind::NotText, .. }) => Reason::NotText,
        _ => Reason::Ruled,
    }
}

/// What must hold for every rewrite, whatever made it. The journal has to take the old text as well.
fn accept(judge: &Judge, text: &str, rewrite: String, capacity: Capacity) -> Result<String, Reason> {
    if !capacity.takes(&rewrite) || text.len() as u64 > capacity.bytes {
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

    fn examined(value: Stored<'_>, capacity: Capacity) -> Option<Decision> {
        examine(&Judge::default(), value, capacity).map(|examined| examined.decision)
    }

    fn decided(text: &str, action: Action) -> Decision {
        let (judge, value) = (Judge::default(), Stored::Text(text.as_bytes()));
        decide(&judge, value, judge.judge(value).as_ref(), action, Capacity::UNLIMITED)
    }

    fn becomes(text: &str) -> Decision {
        Decision::Rewrite(text.to_owned())
    }

    #[test]
    fn each_value_gets_its_decision() {
        let cases: &[(Stored<'_>, Option<Decision>)] = &[
            (Stored::Text(br#"{"a": 1}"#), None),
            (Stored::Text(b"NaN"), Some(Decision::Report)),
            (Stored::Text(b"s3://bucket/key"), Some(becomes(r#""s3://bucket/key""#))),
            (Stored::Text(b""), Some(becomes(r#""""#))),
            (Stored::Text(br#"{"a":"#), Some(becomes(r#""{\"a\":""#))),
            (Stored::Text(b"\xff"), Some(Decision::Leave(Reason::NotText))),
        ];
        for (value, expected) in cases {
            assert_eq!(&examined(*value, Capacity::UNLIMITED), expected, "{value:?}");
        }
    }

    #[test]
    fn each_action_takes_what_it_is_for() {
        let leave = Decision::Leave;
        for (text, action, expected) in [
            // The string of a value that reads well, as an old row needs it.
            ("42", Action::String, becomes(r#""42""#)),
            (r#""x""#, Action::String, Decision::Report),
            ("s3://b/k", Action::Reference, becomes(r#"{"__airflow_state_ref__": "s3://b/k"}"#)),
            (r#"{"__airflow_state_ref__": "s3://b/k"}"#, Action::Reference, Decision::Report),
            (r#"{"__airflow_state_ref__": "\ud800"}"#, Action::Reference, leave(Reason::Unreadable)),
            (r#"{"a": 1}"#, Action::Reference, leave(Reason::NotReference)),
            ("{'a': (1,)}", Action::Decode, becomes(r#"{"a": [1]}"#)),
            ("{'a': b''}", Action::Decode, leave(Reason::Bytes)),
            ("{'a': 1e999}", Action::Decode, leave(Reason::Unreadable)),
            (r"'\ud800'", Action::Decode, leave(Reason::Unreadable)),
            ("eyJhIjogTmFOfQ==", Action::Decode, leave(Reason::Unreadable)),
            (r#""{\"a\": NaN}""#, Action::Decode, leave(Reason::Unreadable)),
            (r#"{"a": 1}"#, Action::Decode, leave(Reason::NotDecodable)),
            ("anything", Action::Null, becomes("null")),
            (" null\n", Action::Null, Decision::Report),
            // A form feed is white space to Rust, and not to JSON.
            ("null\u{c}", Action::Null, becomes("null")),
            (r#"{"loss": NaN}"#, Action::Replace, becomes(r#"{"loss": null}"#)),
            (r#"["\ud800", 1e999]"#, Action::Replace, becomes(r#"["\ufffd", null]"#)),
            (r#"{"a": NaN, "a": 1}"#, Action::Replace, leave(Reason::NothingToReplace)),
            ("[1, 2", Action::Replace, leave(Reason::NothingToReplace)),
            ("{'a': NaN}", Action::Replace, leave(Reason::NothingToReplace)),
            ("hello", Action::Skip, leave(Reason::Ruled)),
            ("hello", Action::None, Decision::Report),
        ] {
            assert_eq!(decided(text, action), expected, "{} {text}", action.name());
        }
        let deep = format!("{}NaN{}", "[".repeat(220), "]".repeat(220));
        assert_eq!(decided(&deep, Action::Replace), leave(Reason::Unreadable));
        assert_eq!(decided(&deep.replace("NaN", ""), Action::Replace), leave(Reason::NothingToReplace));
    }

    #[test]
    fn what_is_not_text_is_left_under_every_action() {
        for value in [Stored::Text(b"\xff"), Stored::Blob(b"{}"), Stored::Blob(b"\x80")] {
            let judge = Judge::default();
            for &action in Action::ALL {
                let expected = if action == Action::None { Decision::Report } else { Decision::Leave(Reason::NotText) };
                let finding = judge.judge(value);
                assert_eq!(decide(&judge, value, finding.as_ref(), action, Capacity::UNLIMITED), expected);
            }
        }
    }

    #[test]
    fn a_rewrite_that_does_not_fit_is_left() {
        assert_eq!(examined(Stored::Text(b"abcd"), Capacity::bytes(5)), Some(Decision::Leave(Reason::TooLong)));
        assert_eq!(examined(Stored::Text(b"abcd"), Capacity::bytes(6)), Some(becomes("\"abcd\"")));
        let fits =
            |action, capacity| decide(&Judge::default(), Stored::Text(b"NaN"), None, action, Capacity::bytes(capacity));
        assert_eq!(fits(Action::Null, 3), Decision::Leave(Reason::TooLong));
        assert_eq!(fits(Action::Replace, 4), becomes("null"));
        let characters = |most| Capacity::bytes(20).and(Capacity::characters(most));
        let decoded = |most| {
            let (judge, value) = (Judge::default(), Stored::Text(br#""[\"\u00e9\"]""#));
            decide(&judge, value, judge.judge(value).as_ref(), Action::Decode, characters(most))
        };
        assert_eq!(decoded(4), Decision::Leave(Reason::TooLong));
        assert_eq!(decoded(5), becomes("[\"\u{e9}\"]"), "six bytes and five characters");
    }

    #[test]
    fn a_rewrite_is_what_the_reader_of_the_table_takes() {
        use Action::{Decode, Replace, String};
        use Reader::{JsonLoads, Jsonb, MysqlJson, Rfc8259};
        let leave = Decision::Leave;
        for (reader, text, action, expected) in [
            (JsonLoads, r#"["\ud800", NaN]"#, Replace, becomes(r#"["\ufffd", null]"#)),
            (Rfc8259, "[NaN, 1e999]", Replace, becomes("[null, 1e999]")),
            (Rfc8259, r#"{"a": NaN, "a": 1}"#, Replace, becomes(r#"{"a": null, "a": 1}"#)),
            (
                Jsonb,
                r#"["a\u0000", "\ud800", 1e131072, 1e999]"#,
                Replace,
                becomes(r#"["a\ufffd", "\ufffd", null, 1e999]"#),
            ),
            (MysqlJson, "[1e999, 18446744073709551616]", Replace, leave(Reason::Unreadable)),
            (MysqlJson, "18446744073709551616", Replace, leave(Reason::NothingToReplace)),
            (Jsonb, "[NaN]", String, becomes(r#""[NaN]""#)),
            (Jsonb, r#"["\u0000"]"#, String, becomes(r#""[\"\\u0000\"]""#)),
            (Jsonb, "raw\0", String, leave(Reason::Unreadable)),
            (JsonLoads, "raw\0", String, becomes(r#""raw\u0000""#)),
            (Rfc8259, r#""\ud800""#, String, Decision::Report),
            (Jsonb, r#""\ud800""#, String, becomes(r#""\"\\ud800\"""#)),
            (Jsonb, "{'a': 1e999}", Decode, leave(Reason::Unreadable)),
            (JsonLoads, "{'a': 1e999}", Decode, becomes(r#"{"a": Infinity}"#)),
        ] {
            let (judge, value) = (Judge::default().of(reader), Stored::Text(text.as_bytes()));
            let finding = judge.judge(value);
            let decision = decide(&judge, value, finding.as_ref(), action, Capacity::UNLIMITED);
            assert_eq!(decision, expected, "{reader:?} {} {text}", action.name());
        }
    }
}
