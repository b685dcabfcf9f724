//! Decoding against the real thing: `json.dumps(ast.literal_eval(text))` for Python literals, and Python's own gzip,
//! zlib and base64 for encoded payloads. `tests/differential/decoded.py` generates values from a seed and decodes them.
//!
//! `STATEMEND_DECODE_LITERALS`, `STATEMEND_DECODE_PAYLOADS` and `STATEMEND_DIFFERENTIAL_SEED` ask for more, or for others.

#[path = "support/environment.rs"]
mod environment;

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use sha2::{Digest, Sha256};
use statemend::domain::decode::literal;
use statemend::domain::finding::Action;
use statemend::domain::json;
use statemend::domain::judge::{Judge, Stored};
use statemend::domain::reader::{RELEASES, Reader};
use statemend::domain::repair::{Capacity, Decision, Reason, decide};
use statemend::domain::shape::{self, Payload, python};

const LITERALS: u64 = 100_000;
const PAYLOADS: u64 = 6_000;
const SEED: u64 = 20_260_602;
/// One process of Python each; every one has a seed of its own.
const SHARDS: u64 = 2;
const PAYLOAD_FAMILIES: [&str; 6] = ["gzip", "zlib", "damaged", "plain", "pickle", "twice"];

/// What Python made of a text.
struct Case {
    family: String,
    text: String,
    /// Whether it is a literal, or a payload that can be opened.
    is_one: bool,
    json: Option<String>,
}

#[derive(Default)]
struct Tally {
    literals: u64,
    payloads: u64,
    /// By family: texts, those that have a JSON form, those that were rewritten.
    families: BTreeMap<String, [u64; 3]>,
    disagreements: Vec<String>,
}

#[test]
fn everything_is_decoded_as_python_decodes_it() {
    let python = environment::python();
    let (literals, payloads) =
        (setting("STATEMEND_DECODE_LITERALS", LITERALS), setting("STATEMEND_DECODE_PAYLOADS", PAYLOADS));
    let seed = setting("STATEMEND_DIFFERENTIAL_SEED", SEED);
    let ask = |shard| {
        let python = python.clone();
        thread::spawn(move || ask(&python, [seed + shard, literals.div_ceil(SHARDS), payloads.div_ceil(SHARDS)]))
    };
    let shards: Vec<_> = (0..SHARDS).map(ask).collect();
    let tallies: Vec<Tally> = shards.into_iter().map(|shard| shard.join().expect("a shard ended early")).collect();
    for tally in &tallies {
        println!("{} literals, {} payloads: {:?}", tally.literals, tally.payloads, tally.families);
    }
    let disagreements: Vec<&str> = tallies.iter().flat_map(|tally| &tally.disagreements).map(String::as_str).collect();
    let shown = disagreements.iter().take(25).copied().collect::<Vec<_>>().join("\n");
    assert!(disagreements.is_empty(), "{} disagreements, the first:\n{shown}", disagreements.len());
    assert!(tallies.iter().map(|tally| tally.literals).sum::<u64>() >= literals);
    assert!(tallies.iter().map(|tally| tally.payloads).sum::<u64>() >= payloads);
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// Runs one process of Python and compares what it prints.
fn ask(python: &Path, arguments: [u64; 3]) -> Tally {
    let mut child = Command::new(python)
        .args(["-B", "-W", "ignore"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/decoded.py"))
        .args(arguments.map(|argument| argument.to_string()))
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let output = BufReader::with_capacity(1 << 20, child.stdout.take().expect("a pipe"));
    let mut tally = Tally::default();
    for line in output.lines() {
        compare(&parse(&line.expect("a line")), &mut tally);
    }
    assert!(child.wait().expect("Python ends").success(), "decoded.py failed for {arguments:?}");
    tally
}

fn parse(line: &str) -> Case {
    let fields: Vec<&str> = line.split('\t').collect();
    let [family, text, became, json] = fields[..] else { panic!("a line has four fields: {line}") };
    Case {
        family: family.to_owned(),
        text: serde_json::from_str(text).expect("a JSON string"),
        is_one: became != "none",
        json: (became == "json").then(|| serde_json::from_str(json).expect("a JSON string")),
    }
}

fn compare(case: &Case, tally: &mut Tally) {
    let decision = decide(&JUDGE, Stored::Text(case.text.as_bytes()), None, Action::Decode, Capacity::UNLIMITED);
    let complaint = if PAYLOAD_FAMILIES.contains(&case.family.as_str()) {
        tally.payloads += 1;
        complaint_about_payload(case, &decision)
    } else {
        tally.literals += u64::from(case.is_one);
        complaint_about_literal(case, &decision)
    };
    let counts = tally.families.entry(case.family.clone()).or_default();
    for (count, counts_here) in
        counts.iter_mut().zip([true, case.json.is_some(), matches!(decision, Decision::Rewrite(_))])
    {
        *count += u64::from(counts_here);
    }
    if let Some(complaint) = complaint {
        let shown: String = case.text.chars().take(300).collect();
        tally.disagreements.push(format!("{}: {complaint:.900}: {shown:?}", case.family));
    }
}

const JUDGE: Judge = Judge { reader: Reader::Airflow, limits: RELEASES[0], max_value_bytes: None };

fn complaint_about_literal(case: &Case, decision: &Decision) -> Option<String> {
    let decoded = literal::decode(&case.text);
    // Character names are left out on purpose.
    if decoded.is_some() != case.is_one && !case.text.contains("\\N{") {
        return Some(format!("a literal: Python {}, we {}", case.is_one, decoded.is_some()));
    }
    if decoded.clone().and_then(Result::ok) != case.json {
        return Some(format!("Python writes {:?}, we {decoded:?}", case.json));
    }
    let expected = match decoded {
        Some(Ok(json)) if JUDGE.reads_ok(&json) => Decision::Rewrite(json),
        Some(Ok(_)) => Decision::Leave(Reason::Unreadable),
        Some(Err(reason)) => Decision::Leave(reason),
        None => return None,
    };
    // What is JSON already is not decoded.
    (!is_json(&case.text) && *decision != expected).then(|| format!("decided {decision:?}, not {expected:?}"))
}

fn is_json(text: &str) -> bool {
    json::is_json(text.as_bytes())
}

fn complaint_about_payload(case: &Case, decision: &Decision) -> Option<String> {
    // Hex may be a number, and that comes first.
    if is_json(&case.text) || python::is_literal(&case.text) {
        return None;
    }
    let is_right = match (&case.json, decision) {
        (Some(json), Decision::Rewrite(rewrite)) => rewrite == json && JUDGE.reads_ok(json),
        (Some(json), Decision::Leave(Reason::Unreadable | Reason::NotJsonInside)) => !JUDGE.reads_ok(json),
        // Neither scalars nor the shortest documents are recognised where nothing but base64 stands around them.
        (Some(_), Decision::Leave(Reason::NotDecodable)) => {
            case.family == "plain" && shape::payload(case.text.trim()).is_none()
        }
        (None, Decision::Leave(Reason::Pickle)) => case.family == "pickle",
        (None, Decision::Leave(_)) => case.family != "pickle",
        _ => false,
    };
    (!is_right).then(|| format!("Python finds {:?} inside, we decided {decision:?}", case.json))
}

#[test]
fn frames_of_the_reference_implementation_are_unpacked() {
    let frames = include_str!("../fixtures/zstd/frames.ndjson");
    for line in frames.lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("a JSON object");
        let [name, sha256, text] = ["name", "sha256", "base64"].map(|field| case[field].as_str().expect("a string"));
        assert_eq!(shape::payload(text).map(|(payload, _)| payload), Some(Payload::Zstd), "{name}");
        match decide(&JUDGE, Stored::Text(text.as_bytes()), None, Action::Decode, Capacity::UNLIMITED) {
            Decision::Rewrite(inside) => assert_eq!(hex::encode(Sha256::digest(&inside)), sha256, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(frames.lines().count() > 40);
}
