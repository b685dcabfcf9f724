//! The line protocol of `explain --ndjson`: for each line of input one line of output, in the same order, always.
//!
//! A line of input is one value, written as a JSON string. A line that is not, such as a number or half a string, is
//! answered by a line whose `error` says so, and the work goes on: a caller that counts lines never gets out of step.
//! Answers are held back only as long as there is more to answer already at hand, so a caller may write a line and
//! wait for its answer.

use std::borrow::Cow;
use std::io::{BufRead as _, BufReader, BufWriter, Read, Write};

use serde::{Deserialize, Serialize};

use crate::cli::failure::Failure;
use crate::domain::judge::Judge;
use crate::report::explain::Verdict;

/// Large enough that a read or write is rare, small enough to stay in the processor's cache.
const BUFFER: usize = 64 * 1024;

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Answered {
    pub lines: u64,
    /// How many of them were not JSON strings.
    pub broken: u64,
    /// The first of these, counted from 1.
    pub first_broken: Option<u64>,
}

/// A line of input: borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Line<'a>(#[serde(borrow)] Cow<'a, str>);

/// The answer to a line that is no value. It has every key that a verdict has, so that a typed caller can read it.
#[derive(Serialize)]
struct Refusal {
    kind: (),
    severity: (),
    readers: (),
    message: (),
    offset: (),
    action: (),
    rewrite: (),
    error: String,
}

/// Answers every line.
pub(super) fn answer(judge: &Judge, input: impl Read, output: impl Write) -> Result<Answered, Failure> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut output = BufWriter::with_capacity(BUFFER, output);
    let mut answered = Answered::default();
    let mut line = Vec::new();
    loop {
        if !input.buffer().contains(&b'\n') {
            // The next read may wait for someone who waits for our answers.
            output.flush().map_err(Failure::Stdout)?;
        }
        line.clear();
        if input.read_until(b'\n', &mut line).map_err(Failure::Stdin)? == 0 {
            return Ok(answered);
        }
        answered.lines += 1;
        match serde_json::from_slice::<Line<'_>>(&line) {
            Ok(Line(value)) => write_line(&mut output, &Verdict::of(judge, value.as_bytes()))?,
            Err(error) => {
                answered.broken += 1;
                answered.first_broken.get_or_insert(answered.lines);
                write_line(&mut output, &refusal(&line, &error))?;
            }
        }
    }
}

fn write_line(output: &mut impl Write, line: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer(&mut *output, line).map_err(|error| Failure::Stdout(error.into()))?;
    output.write_all(b"\n").map_err(Failure::Stdout)
}

fn refusal(line: &[u8], error: &serde_json::Error) -> Refusal {
    let error = if line.trim_ascii_start().first() == Some(&b'"') {
        // serde_json counts lines too, but there is always one.
        let said = error.to_string();
        let what = said.split(" at line ").next().unwrap_or_default();
        format!("not a JSON string: {what} at byte {} of the line", error.column())
    } else {
        // What serde_json says then may repeat the line.
        "not a JSON string".to_owned()
    };
    Refusal { kind: (), severity: (), readers: (), message: (), offset: (), action: (), rewrite: (), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(input: &[u8]) -> (Answered, Vec<serde_json::Value>) {
        let mut output = Vec::new();
        let answered = answer(&Judge::default(), input, &mut output).expect("memory can be read and written");
        let lines = output.split_inclusive(|&byte| byte == b'\n').map(serde_json::from_slice);
        (answered, lines.collect::<Result<_, _>>().expect("every line is JSON"))
    }

    #[test]
    fn every_line_has_its_answer_whatever_stands_in_it() {
        let cases: &[(&[u8], &str)] = &[
            (br#""{}""#, "readable"),
            (br#"  "{\"a\":"  "#, "broken_json"),
            (b"\"s3://bucket/key\"\r", "bare_reference"),
            (br#""""#, "empty"),
            (br#""\u0000""#, "raw_text"),
            (br#""\"\\ud800\"""#, "lone_surrogate"),
            (b"", "error"),
            (b"   ", "error"),
            (b"{}", "error"),
            (b"null", "error"),
            (b"\"half", "error"),
            (br#""two" "strings""#, "error"),
            (br#""\ud800""#, "error"),
            (b"\"\xff\"", "error"),
            (b"\"a tab:\t\"", "error"),
        ];
        let input: Vec<&[u8]> = cases.iter().map(|(line, _)| *line).collect();
        let (answered, lines) = answers(&input.join(&b'\n'));
        assert_eq!(answered, Answered { lines: 15, broken: 9, first_broken: Some(7) });
        for ((input, expected), answer) in cases.iter().zip(&lines) {
            let kind = answer["kind"].as_str().unwrap_or("error");
            assert_eq!((kind, answer.get("error").is_some()), (*expected, *expected == "error"), "{input:?}: {answer}");
        }
        assert_eq!(lines.len(), cases.len());
    }

    #[test]
    fn a_line_break_at_the_end_is_no_line_of_its_own() {
        for (input, lines) in [("", 0), ("\"1\"", 1), ("\"1\"\n", 1), ("\n", 1), ("\"1\"\n\n", 2)] {
            assert_eq!((answers(input.as_bytes()).0.lines, answers(input.as_bytes()).1.len()), (lines, lines as usize));
        }
    }

    #[test]
    fn a_refusal_says_why_and_does_not_repeat_the_line() {
        let cases = [
            ("3141592", "not a JSON string"),
            (r#""hunter2"#, "not a JSON string: EOF while parsing a string at byte 8 of the line"),
            (r#""hunter2" "x""#, "not a JSON string: trailing characters at byte 11 of the line"),
            (r#"" \ud800""#, "not a JSON string: unexpected end of hex escape at byte 9 of the line"),
        ];
        for (line, expected) in cases {
            let (_, answers) = answers(line.as_bytes());
            assert_eq!(answers[0]["error"], expected);
            let keys: Vec<_> = answers[0].as_object().expect("an object").keys().map(String::as_str).collect();
            assert_eq!(
                keys,
                ["kind", "severity", "readers", "message", "offset", "action", "rewrite", "error"],
                "the keys of a verdict, and one more"
            );
        }
    }
}
