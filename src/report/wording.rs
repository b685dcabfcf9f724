//! Numbers, amounts and kinds as a person writes them.

use std::time::Duration;

use indicatif::{DecimalBytes, HumanCount};

use crate::domain::finding::{Action, Kind, Severity};
use crate::domain::reader::Reader;

/// `1 row`, `1,204 rows`. The noun is one that takes a plain s.
pub fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", HumanCount(number))
}

/// `1 byte`, `36 bytes`, `5.00 MB`.
pub fn bytes(bytes: u64) -> String {
    if bytes < 1_000 { count(bytes, "byte") } else { DecimalBytes(bytes).to_string() }
}

/// The first or the second word, as the number asks for.
pub const fn either(number: u64, one: &'static str, many: &'static str) -> &'static str {
    if number == 1 { one } else { many }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// How long it took from one RFC 3339 time to another: `0.4 s`, `12m 3s`. Nothing where the times do not tell.
pub fn duration(started_at: &str, finished_at: &str) -> Option<String> {
    let started = humantime::parse_rfc3339(started_at).ok()?;
    let took = humantime::parse_rfc3339(finished_at).ok()?.duration_since(started).ok()?;
    if took < Duration::from_secs(10) {
        return Some(format!("{:.1} s", took.as_secs_f64()));
    }
    Some(humantime::format_duration(Duration::from_secs(took.as_secs())).to_string())
}

/// An RFC 3339 time in UTC as people write it, to the second: `2026-11-22 14:45:01 UTC`.
pub fn moment(rfc_3339: &str) -> String {
    let Ok(time) = humantime::parse_rfc3339_weak(rfc_3339) else { return super::escape::sanitise_line(rfc_3339, 40) };
    let text = humantime::format_rfc3339_seconds(time).to_string();
    format!("{} UTC", text.trim_end_matches('Z').replace('T', " "))
}

/// The name of a severity, as reports write it.
pub const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Notice => "notice",
    }
}

/// What an action makes of a value, fit to stand behind "makes it" and "now".
pub const fn made(action: Action) -> &'static str {
    match action {
        Action::String => "a JSON string",
        Action::Reference => "a reference in the released form",
        Action::Decode => "the JSON that it stands for",
        Action::Null => "null",
        Action::Replace => "readable, only the offending bytes replaced",
        Action::Skip | Action::None => "what it was",
    }
}

/// What a kind means to a reader, in so few words that they fit into the last column of 80.
pub const fn meaning(kind: Kind, reader: Reader) -> &'static str {
    match kind {
        Kind::NotText => "bytes that are not text",
        Kind::Empty => "nothing, or only white space",
        Kind::PythonLiteral => "a Python literal, not JSON",
        Kind::BareReference => "a bare URI, not JSON",
        Kind::Encoded => "base64 or hex, not JSON",
        Kind::BrokenJson => "starts like JSON, then fails",
        Kind::RawText => "other text that is not JSON",
        Kind::LoneSurrogate => "half of a surrogate pair",
        Kind::NulCharacter => "the character NUL",
        Kind::HugeInteger if matches!(reader, Reader::MysqlJson) => "an integer that loses digits",
        Kind::HugeInteger => "an integer too long to read",
        Kind::TooDeep => "nested too deep for a reader",
        Kind::NonFinite if matches!(reader, Reader::Airflow) => "a number that reads as null",
        Kind::NonFinite => "no number, or out of range",
        Kind::NullValue => "null as the whole value",
        Kind::StaleReference => "an old form of reference",
        Kind::TooLarge => "longer than Airflow's limit",
        Kind::DuplicateKey => "an object repeats a key",
        Kind::DoubleEncoded => "JSON inside a JSON string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators_and_nouns_their_number() {
        let cases =
            [(0, "0 rows"), (1, "1 row"), (999, "999 rows"), (1_204, "1,204 rows"), (2_000_000, "2,000,000 rows")];
        for (number, expected) in cases {
            assert_eq!(count(number, "row"), expected);
        }
    }

    #[test]
    fn amounts_are_short() {
        let cases = [(1, "1 byte"), (999, "999 bytes"), (1_000, "1.00 kB"), (5_242_880, "5.24 MB")];
        for (number, expected) in cases {
            assert_eq!(bytes(number), expected);
        }
    }

    #[test]
    fn every_meaning_fits_into_the_last_column_of_eighty() {
        for (kind, reader) in Kind::ALL.iter().flat_map(|kind| Reader::ALL.iter().map(move |reader| (*kind, *reader))) {
            assert!(meaning(kind, reader).len() <= 28, "{kind} {reader:?}");
        }
    }

    #[test]
    fn durations_are_told_as_precisely_as_anyone_cares() {
        let cases = [
            ("2026-11-22T14:45:01.000Z", "2026-11-22T14:45:01.412Z", Some("0.4 s")),
            ("2026-11-22T14:45:01Z", "2026-11-22T14:57:04.9Z", Some("12m 3s")),
            ("2026-11-22T14:45:01Z", "2026-11-22T14:45:00Z", None),
            ("yesterday", "2026-11-22T14:45:00Z", None),
        ];
        for (started, finished, expected) in cases {
            assert_eq!(duration(started, finished).as_deref(), expected, "{started} to {finished}");
        }
    }

    #[test]
    fn moments_drop_what_nobody_reads() {
        let cases = [
            ("2026-11-22T14:45:01.123456Z", "2026-11-22 14:45:01 UTC"),
            ("2026-11-22T14:45:01Z", "2026-11-22 14:45:01 UTC"),
            ("\u{1b}[2Jlately", r"\x1b[2Jlately"),
        ];
        for (rfc_3339, expected) in cases {
            assert_eq!(moment(rfc_3339), expected);
        }
    }
}
