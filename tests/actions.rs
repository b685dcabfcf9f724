//! What must hold for every action and every value there could be, tried on random ones.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use statemend::domain::encode::encode;
use statemend::domain::finding::{Action, Severity};
use statemend::domain::judge::{Judge, Stored};
use statemend::domain::reader::{RELEASES, Reader};
use statemend::domain::repair::{Capacity, Decision, Reason, decide};

/// No limit on the length, because encoding makes values longer.
const JUDGE: Judge = Judge { reader: Reader::Airflow, limits: RELEASES[0], max_value_bytes: None };

fn decided(text: &str, action: Action) -> Decision {
    decided_for(Reader::Airflow, text, action)
}

fn decided_for(reader: Reader, text: &str, action: Action) -> Decision {
    let (judge, value) = (JUDGE.of(reader), Stored::Text(text.as_bytes()));
    decide(&judge, value, judge.judge(value).as_ref(), action, Capacity::UNLIMITED)
}

/// Text from pieces that matter to the grammars, so that it is often nearly JSON or nearly Python.
fn nearly() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        ",",
        ":",
        "\"",
        "'",
        "\\",
        "\\ud800",
        "\\u0000",
        "\\ude00",
        "'a'",
        "\"a\"",
        "é",
        "😀",
        "0",
        "1",
        "-",
        "+",
        ".",
        "e",
        "E9",
        "99999",
        "1e999",
        "NaN",
        "Infinity",
        "null",
        "true",
        "None",
        "True",
        "...",
        "set()",
        "b'x'",
        "2j",
        "r",
        " ",
        "\n",
        "\t",
        "\r",
        "\u{1f}",
        "://",
        "s3",
        "#",
        "_",
        "\"\"\"",
        "{'a': [1, (2,)]}",
        "{\"__airflow_state_ref__\": ",
        "\"__var\": \"x\"",
        "{\"__type\": \"ExternalState\", ",
        "eJyrVkpUslIwrAUACeUCKQ==",
        "KLUv/QRYQQAAeyJhIjogMX19kZ15",
    ]);
    vec(pieces, 0..16).prop_map(|pieces| pieces.concat())
}

/// JSON that the grammar of RFC 8259 takes, an array or an object.
fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    let value = leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Into::into),
            vec((any::<String>(), inner), 0..5)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    });
    value.prop_map(|value| serde_json::json!([value]).to_string())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => nearly(),
        1 => any::<String>(),
        1 => document(),
        1 => nearly().prop_map(|text| encode(&text)),
        1 => nearly().prop_map(|text| STANDARD.encode(text)),
        1 => nearly().prop_map(hex::encode),
    ]
}

/// A piece of a document, and what `replace` makes of it.
fn piece() -> impl Strategy<Value = (String, String)> {
    let offending = select(vec![
        ("NaN", "null"),
        ("-Infinity", "null"),
        ("1e999", "null"),
        ("-17976931348623159E292", "null"),
        (r#""\ud800""#, r#""\ufffd""#),
        (r#""NaN \uDFFF\uD83D\ude00\\ud800 1e999""#, r#""NaN \ufffd\uD83D\ude00\\ud800 1e999""#),
        (r#"{"\udabc" : Infinity}"#, r#"{"\ufffd" : null}"#),
        (r#"{"a":NaN,"a": 1}"#, r#"{"a":null,"a": 1}"#),
    ]);
    prop_oneof![
        offending.prop_map(|(before, after)| (before.to_owned(), after.to_owned())),
        document().prop_map(|text| (text.clone(), text)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_reader_gets_what_any_action_writes_for_it(text in text()) {
        for (&action, &reader) in Action::ALL.iter().flat_map(|action| Reader::ALL.iter().map(move |reader| (action, reader))) {
            if let Decision::Rewrite(rewrite) = decided_for(reader, &text, action) {
                let judge = JUDGE.of(reader);
                prop_assert!(judge.reads_ok(&rewrite), "{} {} {rewrite:?}", reader.name(), action.name());
                prop_assert_ne!(&rewrite, &text);
                let severity = judge.judge(Stored::Text(rewrite.as_bytes())).map(|finding| reader.severity(finding.kind));
                prop_assert_ne!(severity, Some(Severity::Error));
            }
        }
    }

    #[test]
    fn what_a_reader_fails_on_is_mended_by_what_is_done_by_default(text in text()) {
        for &reader in Reader::ALL {
            let finding = JUDGE.of(reader).judge(Stored::Text(text.as_bytes()));
            let Some(kind) = finding.map(|finding| finding.kind) else { continue };
            let decision = decided_for(reader, &text, reader.default_action(kind));
            let mends = matches!(decision, Decision::Rewrite(_));
            // PostgreSQL has no text with a NUL in it.
            let cannot = reader == Reader::Jsonb && text.contains('\0');
            prop_assert_eq!(mends, reader.severity(kind) == Severity::Error && !cannot, "{:?} {}", reader, kind);
        }
    }

    #[test]
    fn what_has_been_done_need_not_be_done_again(text in text()) {
        for (action, then) in [
            (Action::Reference, Decision::Report),
            (Action::Null, Decision::Report),
            (Action::Replace, Decision::Leave(Reason::NothingToReplace)),
        ] {
            for &reader in Reader::ALL {
                if let Decision::Rewrite(rewrite) = decided_for(reader, &text, action) {
                    prop_assert_eq!(&decided_for(reader, &rewrite, action), &then, "{}", reader.name());
                }
            }
        }
    }

    #[test]
    fn a_value_that_is_too_long_for_its_column_is_never_written(text in text(), capacity in 0..40_u64) {
        for &action in Action::ALL {
            let limited = decide(&JUDGE, Stored::Text(text.as_bytes()), None, action, Capacity::bytes(capacity));
            let unlimited = decide(&JUDGE, Stored::Text(text.as_bytes()), None, action, Capacity::UNLIMITED);
            let fits = !matches!(&unlimited, Decision::Rewrite(rewrite) if rewrite.len() as u64 > capacity);
            prop_assert!(limited == Decision::Leave(Reason::TooLong) || fits && limited == unlimited);
        }
    }

    #[test]
    fn decode_takes_back_what_string_did_to_a_document(document in document()) {
        prop_assume!(JUDGE.reads_ok(&document));
        let Decision::Rewrite(string) = decided(&document, Action::String) else { panic!("{document:?} has a string") };
        prop_assert_eq!(decided(&string, Action::Decode), Decision::Rewrite(document));
    }

    #[test]
    fn decode_finds_a_document_in_every_encoding(document in document()) {
        prop_assume!(JUDGE.reads_ok(&document) && document.len() >= 4);
        for encoded in [STANDARD.encode(&document), URL_SAFE_NO_PAD.encode(&document), hex::encode(&document)] {
            prop_assert_eq!(decided(&encoded, Action::Decode), Decision::Rewrite(document.clone()));
        }
    }

    #[test]
    fn replace_changes_the_offending_bytes_and_no_other(pieces in vec(piece(), 1..6), gap in "[ \n\t]{0,2}") {
        let join = |pick: fn(&(String, String)) -> &str| {
            let pieces: Vec<&str> = pieces.iter().map(pick).collect();
            format!("[{gap}{}{gap}]", pieces.join(&format!("{gap},{gap}")))
        };
        let (before, after) = (join(|piece| piece.0.as_str()), join(|piece| piece.1.as_str()));
        let expected = if JUDGE.reads_ok(&before) { Decision::Leave(Reason::NothingToReplace) } else { Decision::Rewrite(after) };
        prop_assert_eq!(decided(&before, Action::Replace), expected);
    }

}

proptest! {
    // Some of the frames are long.
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_frame_gives_nothing_but_the_right_text(at in any::<prop::sample::Index>(), case in any::<prop::sample::Index>(), bit in 0..8) {
        let frames: Vec<&str> = include_str!("../fixtures/zstd/frames.ndjson").lines().collect();
        let case: serde_json::Value = serde_json::from_str(case.get::<&str>(&frames)).expect("JSON");
        let packed = STANDARD.decode(case["base64"].as_str().expect("a string")).expect("base64");
        let mut damaged = packed.clone();
        damaged[at.index(packed.len())] ^= 1_u8 << bit;
        let cut = &packed[..at.index(packed.len())];
        let right = decided(&STANDARD.encode(&packed), Action::Decode);
        prop_assert!(matches!(right, Decision::Rewrite(_)));
        let has_checksum = packed[4] & 4 != 0;
        for bytes in [&damaged[..], cut] {
            let decision = decided(&STANDARD.encode(bytes), Action::Decode);
            let harmless = decision == right || matches!(decision, Decision::Leave(_));
            prop_assert!(harmless || !has_checksum, "{}", case["name"]);
        }
    }
}

/// The actions that the examples of a page are about, each with a value and what becomes of it.
fn examples(page: &str) -> Vec<(Action, &str, &str)> {
    let (mut action, mut framed, mut examples) = (None, false, Vec::new());
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            action = heading.split('`').nth(1).and_then(Action::from_name);
        }
        if line == "```" {
            framed = !framed;
        } else if framed {
            let (value, outcome) = line.split_once(" → ").expect("an example has an arrow");
            examples.push((action.expect("an example stands below an action"), value, outcome));
        }
    }
    examples
}

#[test]
fn the_examples_in_the_docs_are_true() {
    let examples = examples(include_str!("../docs/actions.md"));
    assert!(examples.len() > 30);
    for (action, value, outcome) in examples {
        let told = match decided(value, action) {
            Decision::Report => "reported".to_owned(),
            Decision::Leave(reason) => format!("left: {}", reason.explain()),
            Decision::Rewrite(rewrite) => rewrite,
        };
        assert_eq!(told, outcome, "{} {value}", action.name());
    }
}
