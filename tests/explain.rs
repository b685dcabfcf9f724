//! `statemend explain` as a person and as another program use it.

#[path = "support/statemend.rs"]
mod statemend;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use ::statemend::domain::encode::encode;
use ::statemend::domain::finding::Action;
use ::statemend::domain::judge::{Judge, Stored};
use serde_json::{Value, json};
use statemend::{Ran, command, ran, signal};

/// Starts the program with all its streams in our hands.
fn start(args: &[&str]) -> Child {
    let mut command = command(&[&["explain"], args].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// Explains what it is given.
fn explain(args: &[&str], input: &[u8]) -> Ran {
    let mut child = start(args);
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer does not panic").expect("the program reads all of its input");
    ran(output)
}

#[test]
fn every_value_gets_its_verdict_and_exit_code() {
    let cases: &[(&[u8], i32, &str, &str)] = &[
        (b"{\"a\": 1}", 0, "readable", "Airflow reads this value as it is.\n"),
        (b"3\n", 0, "readable", "Airflow reads this value as it is.\n"),
        (b"", 10, "empty", "Airflow cannot read this value.\n"),
        (b"\n", 10, "empty", "Airflow cannot read this value.\n"),
        (b"s3://bucket/key\n", 10, "bare_reference", "Expecting value: line 1 column 1 (char 0)\n"),
        (b"{'a': 1}\n", 10, "python_literal", "makes it the JSON string of its own text, 10 bytes\n"),
        (b"[1, 2\n", 10, "broken_json", "byte 5 of 5, the end (line 1, column 6)\n"),
        (b"\"\\ud800\"", 10, "lone_surrogate", "byte 1 of 8 "),
        (b"\xff\xfe", 10, "not_text", "repair    skip: leaves it, because the stored bytes are not text\n"),
        (b"[NaN]", 0, "non_finite", "Airflow reads this value as something else.\n"),
        (b"null", 0, "null_value", "Airflow reads this value as it is, with a warning.\n"),
        (b"{\"a\": 1, \"a\": 2}", 0, "duplicate_key", "Airflow reads this value as it is, with a notice.\n"),
    ];
    for (value, code, kind, says) in cases {
        let human = explain(&[], value).exits(*code);
        assert!(human.stdout.contains(says), "{value:?}: {}", human.stdout);
        assert_eq!(human.stderr, "", "{value:?}");
        let json = explain(&["--format", "json"], value).exits(*code).json();
        assert_eq!(json["kind"], *kind, "{value:?}");
    }
}

#[test]
fn the_report_names_the_rules_it_goes_by() {
    let said = explain(&[], b"x").stdout;
    assert!(said.contains("Rules of Airflow 3.3.0 and later; messages of CPython 3.11.\n"), "{said}");
}

#[test]
fn a_value_is_shown_only_to_whoever_asks_for_it() {
    let value = b"{\"password\": hunter2}";
    let rewrite = r#""{\"password\": hunter2}""#;
    for form in ["human", "json"] {
        let hidden = explain(&["--format", form], value).exits(10).stdout;
        assert!(!hidden.contains("hunter2") && !hidden.contains("password"), "{hidden}");
    }
    let shown = explain(&["--show-values"], value).exits(10).stdout;
    assert!(shown.contains("            {\"password\": hunter2}\n                         ^\n"), "{shown}");
    assert!(shown.contains(&format!("  rewrite   {rewrite}\n")), "{shown}");
    let json = explain(&["--show-values", "--format", "json"], value).exits(10).json();
    assert_eq!(json["rewrite"], rewrite);
    assert_eq!(explain(&["--format", "json"], value).json().get("rewrite"), None);
}

#[test]
fn one_line_break_at_the_end_is_not_judged_unless_asked_for() {
    let cases: &[(&[&str], &[u8], &str, &str)] = &[
        (&[], b"x", r#""x""#, "Judged: 1 byte.\n"),
        (&[], b"x\n", r#""x""#, "Judged: 1 byte, without the line break at the end; --keep-newline keeps it.\n"),
        (&[], b"x\n\n", r#""x\n""#, "Judged: 2 bytes, without the line break"),
        (&[], b"x\r\n", r#""x\r""#, "Judged: 2 bytes, without the line break"),
        (&["--keep-newline"], b"x\n", r#""x\n""#, "Judged: 2 bytes, with the line break at the end.\n"),
        (&["--keep-newline"], b"x", r#""x""#, "Judged: 1 byte.\n"),
    ];
    for (args, input, rewrite, judged) in cases {
        let human = explain(&[args, &["--show-values"][..]].concat(), input).stdout;
        assert!(human.contains(judged), "{input:?}: {human}");
        assert!(human.contains(&format!("  rewrite   {rewrite}\n")), "{input:?}: {human}");
    }
}

#[test]
fn nothing_in_a_value_reaches_the_terminal_as_it_is() {
    let hostile: [&[u8]; 4] = [
        b"\x1b]0;owned\x07\x1b[2J\x1b[31mred",
        "user\u{202e}gnp.exe \u{2066}\u{200b}\u{feff}\u{85}\u{9b}31m".as_bytes(),
        b"[1,\r\x08\x08\x7f\x00 2 \xff\x1b[0m]",
        b"{\"a\": \"\x1bP q\x1b\\\"}",
    ];
    for value in hostile {
        for form in ["human", "json"] {
            let shown = explain(&["--show-values", "--format", form], value).exits(10).stdout;
            assert!(shown.chars().all(|c| c == '\n' || c == ' ' || c.is_ascii_graphic()), "{value:?}: {shown:?}");
        }
    }
}

#[test]
fn the_longest_value_is_the_one_that_airflow_is_configured_for() {
    assert_eq!(explain(&["--format", "json"], b"[1, 2]").json()["kind"], "readable");
    assert_eq!(explain(&["--format", "json", "--max-value-bytes", "5"], b"[1, 2]").json()["kind"], "too_large");
    let mut command = command(&["explain", "--format", "json"]);
    command.env("AIRFLOW__STATE_STORE__MAX_VALUE_STORAGE_BYTES", "0").stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
    let long = format!("[{}1]", "1, ".repeat(50_000));
    child.stdin.take().expect("a pipe").write_all(long.as_bytes()).expect("the program reads");
    let unlimited = ran(child.wait_with_output().expect("the program ends"));
    assert_eq!(unlimited.exits(0).json()["kind"], "readable");
    assert_eq!(explain(&["--format", "json"], long.as_bytes()).json()["kind"], "too_large");
}

#[test]
fn the_report_goes_to_the_file_that_is_named() {
    let folder = tempfile::tempdir().expect("a directory can be made");
    let file = folder.path().join("report.txt");
    let run = explain(&["-o", file.to_str().expect("a path in UTF-8")], b"x").exits(10);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    let written = std::fs::read_to_string(file).expect("the report is there");
    assert!(written.starts_with("Airflow cannot read this value.\n"), "{written}");
}

/// Values of every kind, put together from what is found in such tables and from what is not.
fn generated(count: usize) -> Vec<String> {
    const PARTS: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\"a\"",
        "\"a\": ",
        "1",
        "-0",
        "1e999",
        "NaN",
        "null",
        "true",
        "None",
        "'",
        "s3://b/k",
        " ",
        "\t",
        "\n",
        "\r",
        "\0",
        "\u{7f}",
        "\\ud800",
        "\\u0041",
        "日本",
        "é",
        "😀",
        "\u{2028}",
        "gASVBQAAAAAAAAB9lC4=",
        "1f8b0800",
        "\u{1b}[31m",
        "{\"__type\": \"ExternalState\", \"__var\": \"x\"}",
        "\u{feff}",
    ];
    let mut random = fastrand::Rng::with_seed(33);
    let mut value = || (0..random.usize(0..7)).map(|_| PARTS[random.usize(..PARTS.len())]).collect();
    (0..count).map(|_| value()).collect()
}

fn expected(value: &str) -> Value {
    match Judge::default().judge(Stored::Text(value.as_bytes())) {
        None => json!({
            "kind": "readable", "severity": null, "readers": {"api": "ok", "worker": "ok"},
            "message": null, "offset": null, "action": "none", "rewrite": null,
        }),
        Some(finding) => json!({
            "kind": finding.kind.name(), "severity": finding.kind.severity().name(), "readers": finding.readings,
            "message": finding.message, "offset": finding.offset, "action": finding.kind.default_action().name(),
            "rewrite": (finding.kind.default_action() == Action::String).then(|| encode(value)),
        }),
    }
}

#[test]
fn every_line_is_answered_as_the_library_judges_it() {
    let values = generated(800);
    // As JSON libraries write it that escape what is not ASCII, and as those do that do not.
    let line = |(number, value): (usize, &String)| match number % 2 {
        0 => encode(value) + "\n",
        _ => serde_json::to_string(value).expect("a string is JSON") + "\n",
    };
    let input: String = values.iter().enumerate().map(line).collect();
    let output = explain(&["--ndjson"], input.as_bytes()).exits(0).stdout;
    let answers: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), values.len());
    for (value, answer) in values.iter().zip(&answers) {
        assert_eq!(answer, &expected(value), "{value:?}");
    }
    let kinds: std::collections::BTreeSet<_> = answers.iter().map(|answer| answer["kind"].to_string()).collect();
    assert!(kinds.len() >= 10, "values of too few kinds: {kinds:?}");
}

#[test]
fn lines_that_are_no_json_strings_are_answered_too_and_counted_at_the_end() {
    let run = explain(&["--ndjson"], b"\"1\"\n{\"a\": 1}\n\n\"\\ud800\"\n\"x\n\"2\"").exits(2);
    let kinds: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let kinds: Vec<_> = kinds.iter().map(|line: &Value| (line["kind"].as_str(), line.get("error").is_some())).collect();
    let (readable, broken) = ((Some("readable"), false), (None, true));
    assert_eq!(kinds, [readable, broken, broken, broken, broken, readable]);
    run.says("error: 4 of 6 lines are not JSON strings, the first of them line 2\n")
        .says("  hint: each line is one value");
}

#[test]
fn a_program_may_wait_for_each_answer_before_it_goes_on() {
    let mut child = start(&["--ndjson"]);
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let stdout = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
    let (sender, answers) = mpsc::channel();
    std::thread::spawn(move || stdout.lines().try_for_each(|line| sender.send(line.expect("text"))));
    let answer = || answers.recv_timeout(Duration::from_secs(20)).expect("an answer while input pauses");
    for (value, kind) in [("1", "readable"), ("x", "raw_text"), ("", "empty")] {
        writeln!(stdin, "{}", encode(value)).expect("the program reads");
        assert!(answer().starts_with(&format!("{{\"kind\":\"{kind}\"")));
    }
    // The answers to whole lines do not wait for the rest of half a line.
    stdin.write_all(b"\"1\"\n\"2\"\n\"ha").expect("the program reads");
    assert_eq!(answer(), answer());
    stdin.write_all(b"lf\"\n").expect("the program reads");
    assert!(answer().contains("raw_text"));
    drop(stdin);
    assert!(child.wait().expect("the program ends").success());
}

#[test]
fn whoever_stops_reading_has_seen_enough() {
    let mut child = start(&["--ndjson"]);
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    drop(child.stdout.take());
    // Fails at the latest when the program has ended.
    while stdin.write_all("\"1\"\n".repeat(1_000).as_bytes()).is_ok() {}
    drop(stdin);
    let mut said = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("messages are UTF-8");
    assert!(child.wait().expect("the program ends").success(), "{said}");
    assert_eq!(said, "");
}

#[test]
fn ctrl_c_ends_the_wait_for_input_at_once() {
    for args in [&[][..], &["--ndjson"]] {
        let mut child = start(args);
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        stdin.write_all(b"\"1\"\n").expect("the program reads");
        std::thread::sleep(Duration::from_millis(300));
        signal("-INT", &child);
        let looks = std::iter::repeat_with(|| {
            std::thread::sleep(Duration::from_millis(20));
            child.try_wait().expect("a child can be waited for")
        });
        // A shell lets its background jobs ignore the signal.
        let ended = looks.take(500).find_map(|ended| ended).expect("the program ends, unless SIGINT is ignored");
        assert_eq!(ended.signal(), Some(2), "{args:?}");
    }
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    for extra in [&["--format", "json"][..], &["--show-values"], &["--keep-newline"], &["-o", "/dev/null"]] {
        explain(&[&["--ndjson"], extra].concat(), b"").exits(2).says("cannot be used with");
    }
}
