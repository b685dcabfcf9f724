//! JSON without the bytes that readers stumble over, all others as they were.

use super::decode::escape;
use super::number;

/// The words that Python takes for numbers.
const WORDS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// What some reader may stumble over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stumble<'t> {
    /// `NaN`, `Infinity` or `-Infinity`.
    Word,
    /// A number, as it is written.
    Number(&'t [u8]),
    /// Half of a surrogate pair, as an escape.
    Surrogate,
    /// The character NUL, as an escape.
    Nul,
}

/// What a text is that was scanned without a fault, once `null` stands in place of every number that offends and U+FFFD
/// in place of every escape that does. `None` if nothing offends.
pub fn replaced(text: &str, offends: impl Fn(Stumble<'_>) -> bool) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut at, mut copied, mut in_string) = (0, 0, false);
    while at < bytes.len() {
        let (end, stumble) = if in_string { in_a_string(bytes, at) } else { outside(bytes, at) };
        if stumble.is_some_and(&offends) {
            out.push_str(&text[copied..at]);
            out.push_str(if in_string { r"\ufffd" } else { "null" });
            copied = end;
        }
        in_string ^= bytes[at] == b'"';
        at = end;
    }
    (copied > 0).then(|| out + &text[copied..])
}

/// The end of what stands at a place between quotes, and what may offend about it.
fn in_a_string(bytes: &[u8], at: usize) -> (usize, Option<Stumble<'_>>) {
    if bytes[at] != b'\\' {
        return (at + 1, None);
    }
    let (code, end) = escape(bytes, at);
    let stumble = match code {
        0 => Some(Stumble::Nul),
        0xD800..0xE000 => Some(Stumble::Surrogate),
        _ => None,
    };
    (end, stumble)
}

/// The end of what stands at a place outside of strings, and what may offend about it.
fn outside(bytes: &[u8], at: usize) -> (usize, Option<Stumble<'_>>) {
    if !matches!(bytes[at], b'-' | b'0'..=b'9' | b'N' | b'I') {
        return (at + 1, None);
    }
    if let Some(word) = WORDS.iter().find(|word| bytes[at..].starts_with(word.as_bytes())) {
        return (at + word.len(), Some(Stumble::Word));
    }
    let Some(number) = number::read(bytes, at) else { return (at + 1, None) };
    (number.end, Some(Stumble::Number(&bytes[at..number.end])))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Airflow's readers stumble over.
    fn offends(stumble: Stumble<'_>) -> bool {
        match stumble {
            Stumble::Word | Stumble::Surrogate => true,
            Stumble::Number(number) => number::is_float(number) && number::overflows(number),
            Stumble::Nul => false,
        }
    }

    #[test]
    fn replaces_what_offends_and_nothing_else() {
        for (text, expected) in [
            ("NaN", Some("null")),
            (" [NaN,-Infinity , Infinity]\n", Some(" [null,null , null]\n")),
            ("[1e999, -1E+400, 1e308, 1.5, 1e-999]", Some("[null, null, 1e308, 1.5, 1e-999]")),
            (r#"{"loss": NaN, "NaN": "NaN", "loss": 2}"#, Some(r#"{"loss": null, "NaN": "NaN", "loss": 2}"#)),
            (r#""\ud800""#, Some(r#""\ufffd""#)),
            (r#""a\uD800\uD83D\uDE00\ude00é""#, Some(r#""a\ufffd\uD83D\uDE00\ufffdé""#)),
            (r#"{"\ud800": 1, "\ud801": "\\ud800\""}"#, Some(r#"{"\ufffd": 1, "\ufffd": "\\ud800\""}"#)),
            (r#""\ud800\n\ud83dx""#, Some(r#""\ufffd\n\ufffdx""#)),
            (r#"{"a": [-1, 0.5, true, false, null, "é😀"]}"#, None),
            (r#""1e999 NaN \\""#, None),
            ("0", None),
            (&"1".repeat(400), None),
            (r#""\u0000""#, None),
        ] {
            assert_eq!(replaced(text, offends).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn replaces_only_what_a_reader_is_said_to_stumble_over() {
        let text = r#"{"\u0000": NaN, "b": 1e999, "c": "\ud800"}"#;
        for (stumble, expected) in [
            (Stumble::Nul, r#"{"\ufffd": NaN, "b": 1e999, "c": "\ud800"}"#),
            (Stumble::Word, r#"{"\u0000": null, "b": 1e999, "c": "\ud800"}"#),
            (Stumble::Number(b"1e999"), r#"{"\u0000": NaN, "b": null, "c": "\ud800"}"#),
            (Stumble::Surrogate, r#"{"\u0000": NaN, "b": 1e999, "c": "\ufffd"}"#),
        ] {
            assert_eq!(replaced(text, |met| met == stumble).as_deref(), Some(expected));
        }
    }
}
