//! The corpus: every line of every file in `fixtures/values/` is judged as it says there.
//!
//! A file is named after the kind that its values have (`readable` for none), a line after its defect. A value is a
//! text, or a list of `[text, how often]` pieces, or `bytes` of a text column in hex, or a `blob` in hex. `message` is
//! Python's, and stands where `json.loads` refuses the value. The verdicts were taken from Airflow's own readers
//! (`tests/differential/readers.py`), not from this code.

#[path = "support/corpus.rs"]
mod corpus;

use serde_json::Value;
use statemend::domain::encode::encode;
use statemend::domain::judge::{Judge, Stored};
use statemend::domain::reader::{Reader, Reading, Readings};

/// One line of a file.
struct Case {
    kind: String,
    name: String,
    bytes: Vec<u8>,
    is_blob: bool,
    api: String,
    worker: String,
    message: Option<String>,
}

#[test]
fn every_value_of_the_corpus_gets_the_verdict_beside_it() {
    let wrong: Vec<String> = cases().iter().filter_map(complaint).collect();
    assert!(wrong.is_empty(), "{} values are judged wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_kind_has_values_in_the_corpus() {
    let cases = cases();
    for kind in Reader::Airflow.kinds() {
        assert!(cases.iter().any(|case| case.kind == kind.name()), "fixtures/values/{kind}.ndjson is missing or empty");
    }
}

#[test]
fn every_text_of_the_corpus_is_mended_by_encoding_it() {
    let judge = Judge { max_value_bytes: None, ..Judge::default() };
    for case in cases() {
        if let Ok(text) = str::from_utf8(&case.bytes) {
            assert!(judge.reads_ok(&encode(text)), "{}: {}", case.kind, case.name);
            assert_eq!(serde_json::from_str::<String>(&encode(text)).ok().as_deref(), Some(text), "{}", case.name);
        }
    }
}

#[test]
fn every_value_cut_anywhere_is_judged_without_panic_and_with_its_offset_inside() {
    for case in cases().iter().filter(|case| case.bytes.len() < 300) {
        for end in 0..case.bytes.len() {
            let cut = &case.bytes[..end];
            if let Some(finding) = Judge::default().judge(Stored::Text(cut)) {
                assert!(finding.offset.is_some_and(|offset| offset <= end), "{}: {}", case.kind, case.name);
            }
        }
    }
}

fn complaint(case: &Case) -> Option<String> {
    let value = if case.is_blob { Stored::Blob(&case.bytes) } else { Stored::Text(&case.bytes) };
    let finding = Judge::default().judge(value);
    let kind = finding.as_ref().map_or("readable", |finding| finding.kind.name());
    let (api, worker) = finding.as_ref().map_or(Readings::OK, |finding| finding.readings).pair();
    let message = finding.as_ref().map(|finding| finding.message.as_str());
    let fits = kind == case.kind
        && (name(api), name(worker)) == (case.api.as_str(), case.worker.as_str())
        && (case.message.is_none() || case.message.as_deref() == message);
    (!fits).then(|| format!("{}: {}: judged {kind}, {api:?}, {worker:?}, {message:?}", case.kind, case.name))
}

fn name(reading: Reading) -> &'static str {
    match reading {
        Reading::Ok => "ok",
        Reading::Altered => "altered",
        Reading::Error => "error",
    }
}

fn cases() -> Vec<Case> {
    corpus::lines().into_iter().map(|(kind, line)| case(kind, &line)).collect()
}

fn case(kind: String, line: &Value) -> Case {
    let text = |key: &str| line[key].as_str().map(str::to_owned);
    let field = |key: &str| text(key).unwrap_or_else(|| panic!("{kind}: {line} has no {key}"));
    let hex = text("blob").or(text("bytes"));
    let bytes = match hex {
        Some(hex) => hex::decode(hex).expect("hex"),
        None => corpus::text_of(line).expect("a value").into_bytes(),
    };
    let is_blob = line.get("blob").is_some();
    Case {
        name: field("name"),
        bytes,
        is_blob,
        api: field("api"),
        worker: field("worker"),
        message: text("message"),
        kind,
    }
}
