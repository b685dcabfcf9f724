//! The judgement against the real readers: hundreds of thousands of generated values, and no disagreement.
//!
//! `tests/differential/ask.py` generates the values from a seed, asks Airflow's own code about each, and prints a line
//! per value; here every line is compared with what the library says. A disagreement found here belongs into
//! `fixtures/values/` once it is mended.
//!
//! `STATEMEND_DIFFERENTIAL_VALUES` and `STATEMEND_DIFFERENTIAL_SEED` ask for more values, or for others.

#[path = "support/environment.rs"]
mod environment;

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use statemend::domain::encode::{encode, encoded_len};
use statemend::domain::finding::{Finding, Kind, Severity};
use statemend::domain::judge::{Judge, Stored};
use statemend::domain::reader::{Reading, Readings};
use statemend::domain::shape::python;

const VALUES: u64 = 300_000;
const SEED: u64 = 20_260_601;
/// One process of Python each; every one has a seed of its own.
const SHARDS: u64 = 2;

/// What the real readers said of one value.
struct Case {
    family: String,
    value: Value,
    /// What `json.loads` raised; empty where it did not.
    message: String,
    readings: Readings,
    /// Only the frame to the task fails, as it does for integers beyond 64 bits (docs/shapes.md).
    frame: bool,
    literal: bool,
}

enum Value {
    /// The text, and `json.dumps` of it.
    Text(String, String),
    Bytes(Vec<u8>),
}

#[derive(Default)]
struct Tally {
    values: u64,
    beyond_frame: u64,
    families: BTreeMap<String, u64>,
    kinds: BTreeMap<String, u64>,
    disagreements: Vec<String>,
}

#[test]
fn every_generated_value_is_judged_as_the_real_readers_read_it() {
    let python = environment::python();
    let (values, seed) =
        (setting("STATEMEND_DIFFERENTIAL_VALUES", VALUES), setting("STATEMEND_DIFFERENTIAL_SEED", SEED));
    let shards: Vec<_> = (0..SHARDS)
        .map(|shard| {
            let python = python.clone();
            thread::spawn(move || ask(&python, seed + shard, values.div_ceil(SHARDS)))
        })
        .collect();
    let tallies: Vec<Tally> = shards.into_iter().map(|shard| shard.join().expect("a shard ended early")).collect();
    let total: u64 = tallies.iter().map(|tally| tally.values).sum();
    for tally in &tallies {
        println!("{} values: {:?} {:?}", tally.values, tally.families, tally.kinds);
        println!("{} of them hold an integer that only the frame to the task refuses", tally.beyond_frame);
    }
    let disagreements: Vec<&String> = tallies.iter().flat_map(|tally| &tally.disagreements).collect();
    assert!(
        disagreements.is_empty(),
        "{} disagreements in {total} values, the first:\n{}",
        disagreements.len(),
        disagreements.iter().take(25).map(|line| line.as_str()).collect::<Vec<_>>().join("\n")
    );
    assert!(total >= values, "only {total} of {values} values were compared");
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

/// Runs one process of Python and compares what it prints.
fn ask(python: &Path, seed: u64, values: u64) -> Tally {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/ask.py");
    let mut child = Command::new(python)
        .args(["-B", "-W", "ignore"])
        .arg(script)
        .args([seed.to_string(), values.to_string()])
        // Airflow writes a configuration file where it thinks its home is.
        .env("AIRFLOW_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let output = BufReader::with_capacity(1 << 20, child.stdout.take().expect("a pipe"));
    let mut tally = Tally::default();
    for line in output.lines() {
        compare(&parse(&line.expect("a line")), &mut tally);
    }
    assert!(child.wait().expect("Python ends").success(), "ask.py failed for seed {seed}");
    tally
}

fn parse(line: &str) -> Case {
    let fields: Vec<&str> = line.split('\t').collect();
    let [family, storage, value, message, api, worker, frame, literal] = fields[..] else {
        panic!("a line has eight fields: {line}");
    };
    let value = match storage {
        "text" => Value::Text(serde_json::from_str(value).expect("a JSON string"), value.to_owned()),
        _ => Value::Bytes(hex::decode(value).expect("hex")),
    };
    Case {
        family: family.to_owned(),
        value,
        message: serde_json::from_str(message).expect("a JSON string"),
        readings: Readings::Airflow { api: reading(api), worker: reading(worker) },
        frame: frame == "1",
        literal: literal == "1",
    }
}

fn reading(name: &str) -> Reading {
    match name {
        "ok" => Reading::Ok,
        "altered" => Reading::Altered,
        "error" => Reading::Error,
        _ => panic!("no reading: {name}"),
    }
}

fn compare(case: &Case, tally: &mut Tally) {
    tally.values += 1;
    tally.beyond_frame += u64::from(case.frame);
    *tally.families.entry(case.family.clone()).or_default() += 1;
    let (finding, complaints) = match &case.value {
        Value::Text(text, encoded) => {
            let finding = Judge::default().judge(Stored::Text(text.as_bytes()));
            let complaints = complaints_about_text(case, text, encoded, finding.as_ref());
            (finding, complaints)
        }
        Value::Bytes(bytes) => {
            let finding = Judge::default().judge(Stored::Blob(bytes));
            let complaints = complaints_about_bytes(case, bytes, finding.as_ref());
            (finding, complaints)
        }
    };
    let kind = finding.as_ref().map_or("readable", |finding| finding.kind.name());
    *tally.kinds.entry(kind.to_owned()).or_default() += 1;
    for complaint in complaints {
        let shown = match &case.value {
            Value::Text(_, encoded) => encoded.chars().take(300).collect(),
            Value::Bytes(bytes) => hex::encode(bytes),
        };
        tally.disagreements.push(format!("{}: {complaint}: {shown}", case.family));
    }
}

fn complaints_about_text(case: &Case, text: &str, encoded: &str, finding: Option<&Finding>) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut expect = |right: bool, complaint: &dyn Fn() -> String| {
        if !right {
            complaints.push(complaint());
        }
    };
    let readings = finding.map_or(Readings::OK, |finding| finding.readings);
    expect(readings == case.readings, &|| format!("read as {:?}, judged {readings:?}", case.readings));
    if !case.message.is_empty() {
        let message = finding.map_or("", |finding| finding.message.as_str());
        // Right below the end of its stack Python cannot even make the message that it wants to raise.
        let speechless =
            ["maximum recursion depth exceeded", "maximum recursion depth exceeded while calling a Python object"];
        let same = message == case.message || speechless.contains(&case.message.as_str());
        expect(same, &|| format!("Python says {:?}, we say {message:?}", case.message));
    }
    let is_error = finding.is_some_and(|finding| finding.kind.severity() == Severity::Error);
    let fails = readings.fail();
    expect(is_error == fails, &|| format!("{readings:?} do not fit {:?}", finding.map(|finding| finding.kind)));
    expect(encode(text) == encoded, &|| format!("encoded as {}", encode(text)));
    expect(encoded_len(text) == encoded.len(), &|| "the encoded length is wrong".to_owned());
    // Character names are left out on purpose.
    let literal = python::is_literal(text);
    expect(literal == case.literal || text.contains("\\N{"), &|| {
        format!("literal_eval says {}, we say {literal}", case.literal)
    });
    if let Some(Finding { kind: Kind::PythonLiteral, .. }) = finding {
        expect(literal && !case.message.is_empty(), &|| "named a literal, and is none".to_owned());
    }
    if let Some(Finding { offset: Some(offset), .. }) = finding {
        expect(text.is_char_boundary(*offset), &|| format!("the offset {offset} is inside a character or outside"));
    }
    complaints
}

/// A BLOB is always `not_text`; and the same bytes in a text column are judged as text, or are not text.
fn complaints_about_bytes(case: &Case, bytes: &[u8], finding: Option<&Finding>) -> Vec<String> {
    let mut complaints = Vec::new();
    match finding {
        Some(Finding { kind: Kind::NotText, readings, .. }) if *readings == case.readings => {}
        other => complaints.push(format!("a BLOB reads as {:?}, judged {other:?}", case.readings)),
    }
    let in_text = Judge::default().judge(Stored::Text(bytes));
    let not_text = matches!(in_text, Some(Finding { kind: Kind::NotText, .. }));
    if not_text != str::from_utf8(bytes).is_err() {
        complaints.push(format!("in a text column judged {in_text:?}"));
    }
    complaints
}
