//! What must hold for every value there could be, tried on random ones.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use statemend::domain::encode::{encode, encoded_len};
use statemend::domain::finding::{Finding, Kind, Severity};
use statemend::domain::json;
use statemend::domain::judge::{Judge, Stored};
use statemend::domain::reader::{Limits, RELEASES, Reader, Readings};

/// No limit on the length, because encoding makes values longer.
const JUDGE: Judge = Judge { reader: Reader::Airflow, limits: RELEASES[0], max_value_bytes: None };

/// Text from pieces that matter to the grammars, so that it is often nearly JSON or nearly Python.
fn nearly() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{", "}", "[", "]", "(", ")", ",", ":", "\"", "'", "\\", "\\u", "d83d", "\\ud800", "\\ude00", "a", "é", "😀",
        "0", "1", "-", "+", ".", "e", "E9", "99999", "NaN", "Infinity", "null", "true", "None", "set()", "b", "r", " ",
        "\n", "\t", "\r", "\0", "\u{1f}", "\u{feff}", "://", "s3", "#", "_", "j", "\"\"\"", "eJ", "==",
    ]);
    vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![nearly(), any::<String>()]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![text().prop_map(String::into_bytes), vec(any::<u8>(), 0..64)]
}

/// JSON that the grammar of RFC 8259 takes.
fn document() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Into::into),
            vec((any::<String>(), inner), 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_encode_writes_is_read_back_as_the_same_text_by_both_readers(text in text()) {
        let encoded = encode(&text);
        prop_assert!(encoded.is_ascii());
        prop_assert_eq!(encoded.len(), encoded_len(&text));
        prop_assert!(JUDGE.reads_ok(&encoded));
        let finding = JUDGE.judge(Stored::Text(encoded.as_bytes()));
        prop_assert_eq!(finding.as_ref().map_or(Readings::OK, |finding| finding.readings), Readings::OK);
        let decoded: Option<String> =
            json::string_content(encoded.as_bytes()).map(|content| json::CodePoints::of(content).filter_map(char::from_u32).collect());
        prop_assert_eq!(decoded.as_deref(), Some(text.as_str()));
        prop_assert_eq!(serde_json::from_str::<String>(&encoded).ok(), Some(text));
    }

    #[test]
    fn judging_twice_says_the_same(bytes in bytes()) {
        prop_assert_eq!(JUDGE.judge(Stored::Text(&bytes)), JUDGE.judge(Stored::Text(&bytes)));
        prop_assert_eq!(JUDGE.judge(Stored::Blob(&bytes)), JUDGE.judge(Stored::Blob(&bytes)));
    }

    #[test]
    fn a_finding_points_into_the_value_and_fits_its_severity(bytes in bytes(), reader in select(Reader::ALL)) {
        let finding = JUDGE.of(reader).judge(Stored::Text(&bytes));
        if let Some(Finding { kind, readings, message, offset }) = finding {
            prop_assert!(offset.is_some_and(|offset| offset <= bytes.len()));
            prop_assert!(reader.meets(kind));
            prop_assert_eq!(reader.severity(kind) == Severity::Error, readings.fail());
            prop_assert!(!message.is_empty());
            prop_assert_eq!(kind == Kind::NotText, str::from_utf8(&bytes).is_err());
        } else {
            prop_assert!(str::from_utf8(&bytes).is_ok());
        }
    }

    #[test]
    fn the_place_of_a_fault_is_the_number_of_characters_that_python_names(text in nearly()) {
        if let Some(fault) = json::scan(text.as_bytes(), &Limits::default().bounds).refusal() {
            prop_assert!(text.is_char_boundary(fault.at));
            let named = format!("(char {})", text[..fault.at].chars().count());
            let message = fault.message(text.as_bytes());
            prop_assert!(message.ends_with(&named) || !message.contains("(char"), "{}", message);
        }
    }

    #[test]
    fn a_document_is_json_however_it_is_written(document in document()) {
        for text in [document.to_string(), serde_json::to_string_pretty(&document).unwrap_or_default()] {
            let scan = json::scan(text.as_bytes(), &Limits::default().bounds);
            prop_assert_eq!(scan.refusal(), None);
            prop_assert!(scan.is_unmarked());
            prop_assert_eq!(scan.height, height(&document));
        }
    }

    #[test]
    fn a_document_that_is_cut_short_is_an_error(document in document(), share in 0.0..1.0_f64) {
        let text = serde_json::json!([document]).to_string();
        let end = text.floor_char_boundary((text.len() as f64 * share) as usize);
        let finding = JUDGE.judge(Stored::Text(&text.as_bytes()[..end]));
        prop_assert_eq!(finding.map(|finding| finding.kind.severity()), Some(Severity::Error));
    }

    #[test]
    fn keys_that_repeat_are_found_wherever_they_stand(keys in vec("[a-c]{1,2}", 1..40), escaped in any::<bool>()) {
        let write = |key: &String| if escaped { format!(r"\u{:04x}{}", key.as_bytes()[0], &key[1..]) } else { key.clone() };
        let members: Vec<String> = keys
            .iter()
            .enumerate()
            .map(|(index, key)| format!("\"{}\": {{\"x\": [{index}]}}", if index % 2 == 0 { write(key) } else { key.clone() }))
            .collect();
        let text = format!("{{{}}}", members.join(", "));
        let first = (1..keys.len()).find(|&index| keys[..index].contains(&keys[index]));
        let expected = first.map(|index| 1 + members[..index].iter().map(|member| member.len() + 2).sum::<usize>());
        prop_assert_eq!(json::scan(text.as_bytes(), &Limits::default().bounds).marks().duplicate, expected);
    }
}

fn height(value: &serde_json::Value) -> u32 {
    match value {
        serde_json::Value::Array(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        serde_json::Value::Object(members) => 1 + members.values().map(height).max().unwrap_or(0),
        _ => 1,
    }
}
