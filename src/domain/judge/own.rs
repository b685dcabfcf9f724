//! What readers other than Airflow's make of a text that is JSON by the grammar: the readers that a table of the user's
//! own may have. Where each rule comes from stands in docs/targets.md.

use super::{finding, holds_json};
use crate::domain::finding::{Finding, Kind, Severity};
use crate::domain::json::{self, Bounds, Complaint, Scan};
use crate::domain::reader::{Reader, Reading, Readings};

/// Something to be said of a text, and where. How bad it is depends on the reader.
struct Oddity {
    kind: Kind,
    reading: Reading,
    message: String,
    at: usize,
}

/// Whether the reader is written in Python: it keeps the last of several equal keys before it looks at any value, and it
/// takes `NaN`.
pub(super) const fn is_python(reader: Reader) -> bool {
    matches!(reader, Reader::Airflow | Reader::JsonLoads)
}

/// Whether a reader has room for a number, as it is written.
pub(super) fn holds(reader: Reader, number: &[u8]) -> bool {
    match reader {
        Reader::Airflow | Reader::JsonLoads => !json::is_float(number) || !json::overflows(number),
        Reader::Rfc8259 => true,
        Reader::Jsonb => json::fits_numeric(number),
        Reader::MysqlJson => json::fits_mysql(number),
    }
}

/// Whether anything can be said of a text that has no marks and is no string.
pub(super) const fn may_be_remarkable(reader: Reader, scan: &Scan) -> bool {
    // Integers beyond 64 bits are not long enough to have been noticed.
    scan.has_long_number || matches!(reader, Reader::MysqlJson)
}

/// Judges a text that was scanned without a fault: the worst that there is to say, and of several equally bad things the
/// one whose kind comes first.
pub(super) fn judge_json(reader: Reader, bytes: &[u8], scan: Scan) -> Option<Finding> {
    let scan = surviving(reader, bytes, scan);
    let mut reading = Reading::Ok;
    let mut worst: Option<(Severity, Oddity)> = None;
    for oddity in oddities(reader, bytes, &scan) {
        reading = reading.max(oddity.reading);
        let severity = reader.severity(oddity.kind);
        if worst.as_ref().is_none_or(|(most, _)| severity > *most) {
            worst = Some((severity, oddity));
        }
    }
    let (_, Oddity { kind, message, at, .. }) = worst?;
    Some(finding(kind, Readings::all(reader, reading), message, at))
}

/// What a reader gets of a text.
pub(super) fn reading(reader: Reader, text: &[u8]) -> Reading {
    let scan = json::scan(text, &reader.bounds());
    if scan.marks().fault.is_some() {
        return Reading::Error;
    }
    let scan = surviving(reader, text, scan);
    oddities(reader, text, &scan).map(|oddity| oddity.reading).max().unwrap_or(Reading::Ok)
}

/// What a reader meets of a text: PostgreSQL and MySQL refuse what stands in a value even where another value of an equal
/// key overwrites it.
fn surviving(reader: Reader, bytes: &[u8], scan: Scan) -> Scan {
    if is_python(reader) { json::surviving(bytes, scan, &reader.bounds()) } else { scan }
}

/// Everything there is to say of a text, in the order of the kinds.
fn oddities(reader: Reader, bytes: &[u8], scan: &Scan) -> impl Iterator<Item = Oddity> {
    let marks = scan.marks();
    let surrogate = marks.surrogate.map(|at| surrogate(reader, at));
    let nul = marks.nul.map(|at| {
        let message = "\\u0000 stands for a character that PostgreSQL's text cannot hold".to_owned();
        Oddity { kind: Kind::NulCharacter, reading: Reading::Error, message, at }
    });
    let long = if reader == Reader::MysqlJson { long_integer(bytes) } else { None };
    let [long, bound] = [long, out_of_bounds(reader, bytes, scan)];
    let duplicate = marks.duplicate.map(|at| {
        let message = "an object repeats a key; which value counts is the reader's choice".to_owned();
        Oddity { kind: Kind::DuplicateKey, reading: Reading::Ok, message, at }
    });
    let doubled = json::string_content(bytes).filter(|content| holds_json(content, &reader.bounds())).map(|_| {
        let message = "a JSON string that holds JSON".to_owned();
        Oddity { kind: Kind::DoubleEncoded, reading: Reading::Ok, message, at: json::white(bytes, 0) }
    });
    [surrogate, nul, long, bound, out_of_range(reader, bytes, scan), duplicate, doubled].into_iter().flatten()
}

fn surrogate(reader: Reader, at: usize) -> Oddity {
    let (reading, message) = match reader {
        Reader::JsonLoads => (Reading::Ok, "an unpaired surrogate escape, which cannot be encoded again"),
        Reader::Rfc8259 => (Reading::Ok, "an unpaired surrogate escape, of which every reader makes something else"),
        _ => (Reading::Error, "an unpaired surrogate escape stands for no character"),
    };
    Oddity { kind: Kind::LoneSurrogate, reading, message: message.to_owned(), at }
}

/// More nesting, or a longer integer, than the reader takes.
fn out_of_bounds(reader: Reader, bytes: &[u8], scan: &Scan) -> Option<Oddity> {
    let raised = scan.marks().raised?;
    let kind = match raised.complaint {
        Complaint::HugeInteger { .. } => Kind::HugeInteger,
        _ => Kind::TooDeep,
    };
    let message = if is_python(reader) {
        raised.message(bytes)
    } else {
        let Bounds { containers, .. } = reader.bounds();
        format!("nested deeper than {containers} containers, which is as far as {} goes", reader.name())
    };
    Some(Oddity { kind, reading: Reading::Error, message, at: raised.at })
}

/// An integer that MySQL stores as something else.
fn long_integer(bytes: &[u8]) -> Option<Oddity> {
    let long = |(_, number): &(usize, &[u8])| number.len() > 18 && !json::fits_64_bits(number);
    let (at, _) = json::numbers(bytes).find(|number| long(number))?;
    let message = "an integer beyond 64 bits becomes a float and loses digits".to_owned();
    Some(Oddity { kind: Kind::HugeInteger, reading: Reading::Altered, message, at })
}

/// The first number that the reader has no room for, or a word that it does not take for one.
fn out_of_range(reader: Reader, bytes: &[u8], scan: &Scan) -> Option<Oddity> {
    let held = |number: &(usize, &[u8])| holds(reader, number.1);
    let number = || json::numbers(bytes).find(|number| !held(number)).map(|(at, _)| at);
    let word = scan.marks().word;
    let number = match reader {
        // What is overwritten counts for nothing, and the scan knows.
        Reader::Airflow | Reader::JsonLoads => scan.marks().overflow,
        _ if scan.has_long_number => number(),
        _ => None,
    };
    let at = match reader {
        // What it reads as something else is worse than what it reads.
        Reader::JsonLoads => number.or(word)?,
        _ => [number, word].into_iter().flatten().min()?,
    };
    let (reading, message) = match reader {
        Reader::JsonLoads if number.is_none() => (Reading::Ok, "a number that is not finite is no JSON outside Python"),
        Reader::JsonLoads => (Reading::Altered, "a float that overflows reads as infinity"),
        _ if Some(at) == word => (Reading::Error, "NaN and the infinities are no JSON"),
        Reader::Jsonb => (Reading::Error, "the number overflows PostgreSQL's numeric"),
        _ => (Reading::Error, "the number overflows a double, or its exponent does"),
    };
    Some(Oddity { kind: Kind::NonFinite, reading, message: message.to_owned(), at })
}

#[cfg(test)]
mod tests {
    use super::super::{Judge, Stored};
    use super::*;

    /// What a reader makes of a text: the kind and the reading, `readable ok` where there is nothing to say.
    fn said(reader: Reader, text: &str) -> String {
        let finding = Judge::default().of(reader).judge(Stored::Text(text.as_bytes()));
        let Some(Finding { kind, readings, message, offset }) = finding else { return "-".to_owned() };
        assert!(!message.is_empty() && offset.is_some_and(|at| text.is_char_boundary(at)), "{text:.80}");
        let [(name, reading)] = readings.each().collect::<Vec<_>>()[..] else { panic!("one reader") };
        assert_eq!(name, reader.name());
        assert!(reader.meets(kind), "{reader:?} {kind}");
        assert_eq!(reader.severity(kind) == Severity::Error, reading == Reading::Error, "{reader:?} {text:.80}");
        format!("{kind} {reading:?}").to_lowercase()
    }

    #[test]
    fn each_reader_has_its_own_idea_of_each_oddity() {
        use Reader::{JsonLoads, Jsonb, MysqlJson, Rfc8259};
        let nested = |containers: usize| "[".repeat(containers) + &"]".repeat(containers);
        let cases = [
            // A text, and what json.loads, RFC 8259, jsonb and MySQL make of it.
            (r#"{"a": [1, 2.5e3, null, "é"]}"#.to_owned(), ["-"; 4]),
            ("null".to_owned(), ["-"; 4]),
            (r#""s3://bucket/key""#.to_owned(), ["-"; 4]),
            ("nul".to_owned(), ["raw_text error"; 4]),
            ("[1,".to_owned(), ["broken_json error"; 4]),
            (String::new(), ["empty error"; 4]),
            ("[NaN]".to_owned(), ["non_finite ok", "non_finite error", "non_finite error", "non_finite error"]),
            ("[1e999]".to_owned(), ["non_finite altered", "-", "-", "non_finite error"]),
            (
                "[1e999, NaN]".to_owned(),
                ["non_finite altered", "non_finite error", "non_finite error", "non_finite error"],
            ),
            (
                "[NaN, 1e999]".to_owned(),
                ["non_finite altered", "non_finite error", "non_finite error", "non_finite error"],
            ),
            ("1e131072".to_owned(), ["non_finite altered", "-", "non_finite error", "non_finite error"]),
            ("9".repeat(400), ["-", "-", "-", "non_finite error"]),
            ("9".repeat(4301), ["huge_integer error", "-", "-", "non_finite error"]),
            ("18446744073709551616".to_owned(), ["-", "-", "-", "huge_integer altered"]),
            ("[18446744073709551616, 1e999]".to_owned(), ["non_finite altered", "-", "-", "non_finite error"]),
            (
                r#""\ud800""#.to_owned(),
                ["lone_surrogate ok", "lone_surrogate ok", "lone_surrogate error", "lone_surrogate error"],
            ),
            (r#"{"\u0000": 1}"#.to_owned(), ["-", "-", "nul_character error", "-"]),
            (
                r#"{"a": NaN, "a": 1}"#.to_owned(),
                ["duplicate_key ok", "non_finite error", "non_finite error", "non_finite error"],
            ),
            (r#""[1]""#.to_owned(), ["double_encoded ok"; 4]),
            (nested(100), ["-"; 4]),
            (nested(101), ["-", "-", "-", "too_deep error"]),
            (format!("{}1{}", "[".repeat(100), "]".repeat(100)), ["-"; 4]),
            (nested(994), ["-", "-", "-", "too_deep error"]),
            (nested(995), ["too_deep error", "-", "-", "too_deep error"]),
            (nested(14_541), ["too_deep error", "-", "-", "too_deep error"]),
            (nested(14_542), ["too_deep error", "-", "too_deep error", "too_deep error"]),
        ];
        for (text, expected) in cases {
            let found = [JsonLoads, Rfc8259, Jsonb, MysqlJson].map(|reader| said(reader, &text));
            assert_eq!(found, expected, "{text:.80}");
        }
    }

    #[test]
    fn what_is_not_text_is_judged_by_what_the_reader_can_make_of_bytes() {
        let of =
            |reader, value| Judge::default().of(reader).judge(value).map(|finding| (finding.kind, finding.readings));
        let not_text = |reader, reading| Some((Kind::NotText, Readings::all(reader, reading)));
        for &reader in &Reader::ALL[1..] {
            assert_eq!(of(reader, Stored::Text(b"\"\xff\"")), not_text(reader, Reading::Error));
            assert_eq!(of(reader, Stored::Blob(b"[1]")), not_text(reader, Reading::Ok));
            assert_eq!(of(reader, Stored::Blob(b"\xff")), not_text(reader, Reading::Error));
        }
        // Only Python guesses an encoding.
        assert_eq!(of(Reader::JsonLoads, Stored::Blob(b"7\0")), not_text(Reader::JsonLoads, Reading::Ok));
        assert_eq!(of(Reader::Rfc8259, Stored::Blob(b"7\0")), not_text(Reader::Rfc8259, Reading::Error));
    }
}
