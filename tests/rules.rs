//! What is said of rules must be true of what a repair does.

#[path = "support/corpus.rs"]
mod corpus;

use proptest::collection::vec;
use proptest::prelude::*;
use statemend::domain::finding::Action;
use statemend::domain::judge::{Judge, Stored};
use statemend::domain::reader::Reader;
use statemend::domain::repair::{Capacity, Decision, decide};
use statemend::domain::rules::{AIRFLOW, Conditions, Doubt, Kinds, Known, Name, Rule, Rules, Tells};

/// Whether an action on a value does what is said never to happen. White space around a value is not worth a word.
fn breach(bytes: &[u8], reader: Reader, action: Action) -> Option<String> {
    let judge = Judge::default().of(reader);
    let own = [Known { name: "own", reader, tells: Tells::default() }];
    let tables = if reader == Reader::Airflow { AIRFLOW } else { &own };
    let finding = judge.judge(Stored::Text(bytes))?;
    let conditions = Conditions { kinds: Kinds::from(finding.kind), ..Conditions::default() };
    let rule = Rule::new(Name::Number(1), conditions, action).expect("the value is flagged");
    let doubt = Rules { rules: vec![rule], default: None }.doubt(0, tables);
    let decision = decide(&judge, Stored::Text(bytes), Some(&finding), action, Capacity::UNLIMITED);
    let idle = matches!(doubt, Some(Doubt::Idle(kinds)) if kinds.take(Some(finding.kind), reader));
    let value = String::from_utf8_lossy(bytes);
    match decision {
        Decision::Rewrite(rewrite) if idle && rewrite.as_bytes() != bytes.trim_ascii() => {
            Some(format!("{} changes {} of {}: {value} to {rewrite}", action.name(), finding.kind, reader.name()))
        }
        _ => None,
    }
}

#[test]
fn an_action_that_is_said_never_to_change_a_kind_changes_none_of_the_corpus() {
    let breaches: Vec<_> = corpus::texts()
        .iter()
        .flat_map(|text| each().filter_map(|(reader, action)| breach(text.as_bytes(), reader, action)))
        .map(|breach| breach.chars().take(200).collect::<String>())
        .collect();
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

/// Every action for every reader.
fn each() -> impl Iterator<Item = (Reader, Action)> {
    Reader::ALL.iter().flat_map(|reader| Action::ALL.iter().map(|action| (*reader, *action)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_action_that_is_said_never_to_change_a_kind_changes_no_value_of_it(
        pieces in vec(prop::sample::select(vec![
            "{", "}", "[", "]", "(", ")", ",", ":", "\"", "'", "\\", "\\ud800", "\\u0000", "18446744073709551616", "\"a\"", "0", "1", "-", ".", "e9", "1e999",
            "NaN", "Infinity", "null", "None", "true", "b", " ", "\n", "s3://", "\"__type\": \"ExternalState\"",
            "\"__var\": \"s3://b/k\"", "eyJhIjogMX0=", "7b7d", "\\\"",
        ]), 0..8),
        at in 0..Action::ALL.len(),
        reader in prop::sample::select(Reader::ALL),
    ) {
        let text = pieces.concat();
        let breach = breach(text.as_bytes(), reader, Action::ALL[at]);
        prop_assert!(breach.is_none(), "{}", breach.unwrap_or_default());
    }
}
