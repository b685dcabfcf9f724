//! The readers that a table of one's own may have, against the real ones: tens of thousands of values, and no disagreement.
//!
//! `tests/differential/others.py` generates values from a seed, and asks Python's `json.loads` and a reader that goes by
//! RFC 8259 about each, and about the values of `fixtures/values/`; here PostgreSQL is asked for its `jsonb`, and MySQL what
//! `JSON_VALID` says. Where the server is a MariaDB, that tells less: it takes everything that MySQL's JSON takes.
//!
//! `STATEMEND_DIFFERENTIAL_VALUES` and `STATEMEND_DIFFERENTIAL_SEED` ask for more values, or for others.

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/environment.rs"]
mod environment;
#[path = "support/mod.rs"]
mod support;

use std::env;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use statemend::domain::finding::Finding;
use statemend::domain::json::{self, Bounds};
use statemend::domain::judge::{Judge, Stored};
use statemend::domain::reader::{Reader, Reading, Readings};

use support::{Engine, TestDatabase, block_on};

const VALUES: u64 = 40_000;
const SEED: u64 = 20_260_701;

/// How high a value is at most that MariaDB looks at, and MySQL, which makes an error of one that is higher.
const MARIADB_HEIGHT: u32 = 30;
const MYSQL_HEIGHT: u32 = 100;

/// A value, and what the real readers said of it.
struct Case {
    text: String,
    json_loads: Reading,
    message: String,
    strict: Reading,
}

#[test]
fn every_value_is_judged_as_the_reader_of_its_table_reads_it() {
    let cases = ask_python();
    let mut disagreements: Vec<String> =
        cases.iter().filter_map(of_python).chain(cases.iter().filter_map(strict)).collect();
    block_on(async {
        disagreements.extend(jsonb(&cases).await);
        disagreements.extend(mysql_json(&cases).await);
    });
    assert!(
        disagreements.is_empty(),
        "{} disagreements about {} values, the first:\n{}",
        disagreements.len(),
        cases.len(),
        disagreements.iter().take(25).map(String::as_str).collect::<Vec<_>>().join("\n")
    );
    assert!(cases.len() as u64 > setting("STATEMEND_DIFFERENTIAL_VALUES", VALUES), "only {} values", cases.len());
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

fn ask_python() -> Vec<Case> {
    let (values, seed) =
        (setting("STATEMEND_DIFFERENTIAL_VALUES", VALUES), setting("STATEMEND_DIFFERENTIAL_SEED", SEED));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/others.py");
    let mut child = Command::new(environment::python())
        .args(["-B", "-W", "ignore"])
        .arg(script)
        .args([seed.to_string(), values.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut input = child.stdin.take().expect("a pipe");
    // All of it is read before anything is answered.
    for text in corpus::texts() {
        // What is nested as deep as this kills the process of the reader that has no limit.
        if json::scan(text.as_bytes(), &Bounds::NONE).height >= 5_000 {
            continue;
        }
        writeln!(input, "{}", Value::from(text)).expect("Python listens");
    }
    drop(input);
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "others.py failed for seed {seed}");
    String::from_utf8(output.stdout).expect("text").lines().map(parse).collect()
}

fn parse(line: &str) -> Case {
    let fields: Vec<&str> = line.split('\t').collect();
    let [text, json_loads, message, strict] = fields[..] else { panic!("a line has four fields: {line:.200}") };
    let string = |text| serde_json::from_str(text).expect("a JSON string");
    Case { text: string(text), json_loads: reading(json_loads), message: string(message), strict: reading(strict) }
}

fn reading(name: &str) -> Reading {
    match name {
        "ok" => Reading::Ok,
        "altered" => Reading::Altered,
        "error" => Reading::Error,
        _ => panic!("no reading: {name}"),
    }
}

fn judged(reader: Reader, text: &str) -> (Reading, Option<Finding>) {
    let finding = Judge::default().of(reader).judge(Stored::Text(text.as_bytes()));
    let readings = finding.as_ref().map_or(Readings::all(reader, Reading::Ok), |finding| finding.readings);
    (readings.pair().0, finding)
}

fn disagreement(reader: Reader, text: &str, real: &str, finding: Option<&Finding>) -> String {
    let shown: String = Value::from(text).to_string().chars().take(200).collect();
    let of_reader = reader.name();
    format!("{of_reader}: {real}, judged {:?} {:?}: {shown}", finding.map(|f| f.kind), finding.map(|f| f.readings))
}

fn of_python(case: &Case) -> Option<String> {
    let (reading, finding) = judged(Reader::JsonLoads, &case.text);
    let message = finding.as_ref().map_or("", |finding| finding.message.as_str());
    // Right below the end of its stack Python cannot even make the message that it wants to raise.
    let speechless = case.message.starts_with("maximum recursion depth exceeded");
    let same = reading == case.json_loads && (case.message.is_empty() || speechless || message == case.message);
    let real = || format!("{:?} {}", case.json_loads, case.message);
    (!same).then(|| disagreement(Reader::JsonLoads, &case.text, &real(), finding.as_ref()))
}

fn strict(case: &Case) -> Option<String> {
    let (reading, finding) = judged(Reader::Rfc8259, &case.text);
    let real = || format!("{:?}", case.strict);
    (reading != case.strict).then(|| disagreement(Reader::Rfc8259, &case.text, &real(), finding.as_ref()))
}

async fn jsonb(cases: &[Case]) -> Vec<String> {
    let database = TestDatabase::empty(Engine::Postgres).await;
    let mut connection = database.connect().await;
    connection
        .execute(
            "CREATE FUNCTION takes(value text) RETURNS boolean LANGUAGE plpgsql AS $$
             BEGIN PERFORM value::jsonb; RETURN true; EXCEPTION WHEN others THEN RETURN false; END $$",
        )
        .await;
    let mut disagreements = Vec::new();
    // PostgreSQL has no text with a NUL in it.
    let cases: Vec<&Case> = cases.iter().filter(|case| !case.text.contains('\0')).collect();
    for cases in cases.chunks(500) {
        let rows = numbered(cases);
        let query = format!("SELECT takes(text)::text FROM (VALUES {rows}) AS asked (number, text) ORDER BY number");
        for (case, takes) in cases.iter().zip(connection.rows(&query).await) {
            let takes = takes[0].as_deref() == Some("true");
            let (reading, finding) = judged(Reader::Jsonb, &case.text);
            if takes == (reading == Reading::Error) {
                let real = if takes { "takes it" } else { "refuses it" };
                disagreements.push(disagreement(Reader::Jsonb, &case.text, real, finding.as_ref()));
            }
        }
    }
    disagreements
}

async fn mysql_json(cases: &[Case]) -> Vec<String> {
    let database = TestDatabase::empty(Engine::MySql).await;
    let mut connection = database.connect().await;
    let version = connection.rows("SELECT VERSION()").await;
    let is_mariadb = version[0][0].as_deref().is_some_and(|version| version.contains("MariaDB"));
    let mut disagreements = Vec::new();
    let height = |case: &&Case| json::scan(case.text.as_bytes(), &Bounds::NONE).height;
    let highest = if is_mariadb { MARIADB_HEIGHT } else { MYSQL_HEIGHT };
    let cases: Vec<&Case> = cases.iter().filter(|case| height(case) <= highest).collect();
    for cases in cases.chunks(200) {
        let literal = |case: &&Case| Engine::MySql.literal(&case.text);
        let rows =
            (0..).zip(cases).map(|(number, case)| format!("SELECT {number} AS number, {} AS text", literal(case)));
        let rows = rows.collect::<Vec<_>>().join(" UNION ALL ");
        let query = format!("SELECT CONCAT(JSON_VALID(text), '') FROM ({rows}) AS asked ORDER BY number");
        for (case, takes) in cases.iter().zip(connection.rows(&query).await) {
            let takes = takes[0].as_deref() == Some("1");
            let (reading, finding) = judged(Reader::MysqlJson, &case.text);
            // MySQL takes no notice of what stands behind a NUL. A value that would lose its end is no value to keep.
            let is_known = !is_mariadb && (is_near_the_largest_double(&case.text) || case.text.contains('\0'));
            let real = match (takes, reading == Reading::Error) {
                (false, false) if !is_known => "JSON_VALID refuses it",
                (true, true) if !is_known && !is_mariadb => "JSON_VALID takes it",
                _ => continue,
            };
            disagreements.push(disagreement(Reader::MysqlJson, &case.text, real, finding.as_ref()));
        }
    }
    disagreements
}

/// Whether a number is so large that its last digits decide whether it overflows, which MySQL does not decide exactly.
fn is_near_the_largest_double(text: &str) -> bool {
    let mut numbers = text.split(|character: char| !(character.is_ascii_alphanumeric() || "+-.".contains(character)));
    numbers.any(|number| number.parse::<f64>().is_ok_and(|number| number.abs() >= 1.79769e308))
}

/// Rows of a VALUES list of PostgreSQL: a number and a text.
fn numbered(cases: &[&Case]) -> String {
    let row = |(number, case): (usize, &&Case)| format!("({number}, {})", Engine::Postgres.literal(&case.text));
    cases.iter().enumerate().map(row).collect::<Vec<_>>().join(", ")
}
