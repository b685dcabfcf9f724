//! Numbers, amounts and kinds as a person writes them.

use std::time::{Duration, SystemTime};

use indicatif::{DecimalBytes, HumanCount};

use super::columns::Time;
use super::model::{Database, Fates, Mode, Report};
use crate::domain::finding::{Action, Kind};
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

/// What was done, as a person calls it.
pub const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Scan => "scan",
        Mode::DryRun => "dry run of a repair",
        Mode::Repair => "repair",
        Mode::Carry => "carry",
        Mode::CarryDryRun => "dry run of a carry",
        Mode::Undo => "undo",
        Mode::Check => "check",
    }
}

/// A server's name with its version. MariaDB speaks MySQL's protocol and says its own name in its version.
pub fn server(database: &Database) -> String {
    let version = &database.server_version;
    match database.dialect.as_str() {
        _ if version.to_ascii_lowercase().contains("mariadb") => version.clone(),
        "postgresql" => format!("PostgreSQL {version}"),
        "mysql" => format!("MySQL {version}"),
        "sqlite" => format!("SQLite {version}"),
        other => format!("{other} {version}"),
    }
}

/// How long a report's work took: `0.4 s`, `12m 3s`. Nothing where its times do not tell.
pub fn took(report: &Report) -> Option<String> {
    duration(&report.started_at, &report.finished_at)
}

fn duration(started_at: &str, finished_at: &str) -> Option<String> {
    let started = humantime::parse_rfc3339(started_at).ok()?;
    let took = humantime::parse_rfc3339(finished_at).ok()?.duration_since(started).ok()?;
    if took < Duration::from_secs(10) {
        return Some(format!("{:.1} s", took.as_secs_f64()));
    }
    Some(humantime::format_duration(Duration::from_secs(took.as_secs())).to_string())
}

/// A moment of the database, in microseconds since 1970, as RFC 3339. What that cannot write is as near to it as can be.
pub fn rfc_3339(micros: i64) -> String {
    humantime::format_rfc3339_micros(time(micros)).to_string()
}

/// So many microseconds since 1970, or as near to it as RFC 3339 can write.
pub fn time(micros: i64) -> SystemTime {
    const LAST: u64 = 253_402_300_799_999_999;
    SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).unwrap_or_default().min(LAST))
}

/// An RFC 3339 time in microseconds since 1970. Zero where it is none.
pub fn micros(rfc_3339: &str) -> i64 {
    let time = humantime::parse_rfc3339(rfc_3339).ok();
    let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// An RFC 3339 time in UTC as people write it, to the second: `2026-11-22 14:45:01 UTC`.
pub fn moment(rfc_3339: &str) -> String {
    let Ok(time) = humantime::parse_rfc3339_weak(rfc_3339) else { return super::escape::sanitise_line(rfc_3339, 40) };
    let text = humantime::format_rfc3339_seconds(time).to_string();
    format!("{} UTC", text.trim_end_matches('Z').replace('T', " "))
}

/// A moment of the database as people write it.
pub fn when(time: Time) -> String {
    moment(&time.to_string())
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

/// What stands above what became of rows, or would.
pub const fn outcome(mode: Mode) -> &'static str {
    match mode {
        Mode::CarryDryRun => "carry would",
        _ if mode.only_reads() => "repair would",
        _ => "outcome",
    }
}

/// What became of rows of one kind, or would: `rewrite`, `8 rewritten and 2 skipped`. Numbers stand only where there is
/// more than one word: all rows of a kind are counted in the column before.
pub fn fates(mode: Mode, fates: Fates) -> String {
    let words = match mode {
        Mode::CarryDryRun => ["mend", "leave", "leave", "carry as is"],
        Mode::Carry => ["mended", "left", "left", "carried as is"],
        _ if mode.only_reads() => ["rewrite", "skip", "leave", "leave as is"],
        _ => ["rewritten", "skipped", "drifted", "left as is"],
    };
    let phrase = |word: &str, rows| if mode.only_reads() { format!("{word} {rows}") } else { format!("{rows} {word}") };
    let rows = [fates.rewritten, fates.skipped, fates.drifted, fates.reported];
    let happened: Vec<_> = words.into_iter().zip(rows).filter(|(_, rows)| *rows > 0).collect();
    match happened[..] {
        [(word, _)] => word.to_owned(),
        _ => list(&happened.iter().map(|(word, rows)| phrase(word, HumanCount(*rows))).collect::<Vec<_>>()),
    }
}

/// What was changed in a table and what was left, in numbers.
pub fn changes(changed: u64, word: &str, skipped: u64, drifted: u64) -> String {
    let numbers = [(changed, word), (skipped, "skipped"), (drifted, "drifted")];
    let numbers = numbers.into_iter().filter(|(rows, _)| *rows > 0);
    let told: Vec<_> = numbers.map(|(rows, word)| format!("{} {word}", HumanCount(rows))).collect();
    if told.is_empty() { "nothing changed".to_owned() } else { list(&told) }
}

/// What an undo has done with rows.
pub const fn undone(report: &Report) -> &'static str {
    if report.removes { "taken out" } else { "put back" }
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
    fn every_moment_can_be_written() {
        let cases = [
            (1_777_852_800_000_001, "2026-05-04T00:00:00.000001Z"),
            (-1, "1970-01-01T00:00:00.000000Z"),
            (i64::MIN, "1970-01-01T00:00:00.000000Z"),
            (i64::MAX, "9999-12-31T23:59:59.999999Z"),
        ];
        for (micros, expected) in cases {
            assert_eq!(rfc_3339(micros), expected);
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
