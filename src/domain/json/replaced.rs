//! JSON without the bytes that readers stumble over, all others as they were.

use super::decode::escape;
use super::number;

/// The words that Python takes for numbers.
const WORDS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// What a text is that was scanned without a fault, once `null` stands in place of every number that is not finite and
/// U+FFFD in place of every unpaired surrogate escape. `None` if it has neither.
pub fn replaced(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut at, mut copied, mut in_string) = (0, 0, false);
    while at < bytes.len() {
        let (end, instead) = if in_string { in_a_string(bytes, at) } else { outside(bytes, at) };
        if let Some(instead) = instead {
            out.push_str(&text[copied..at]);
            out.push_str(instead);
            copied = end;
        }
        in_string ^= bytes[at] == b'"';
        at = end;
    }
    (copied > 0).then(|| out + &text[copied..])
}

/// The end of what stands at a place between quotes, and what belongs there instead.
fn in_a_string(bytes: &[u8], at: usize) -> (usize, Option<&'static str>) {
    if bytes[at] != b'\\' {
        return (at + 1, None);
    }
    let (code, end) = escape(bytes, at);
    (end, (0xD800..0xE000).contains(&code).then_some(r"\ufffd"))
}

/// The end of what stands at a place outside of strings, and what belongs there instead.
fn outside(bytes: &[u8], at: usize) -> (usize, Option<&'static str>) {
    if !matches!(bytes[at], b'-' | b'0'..=b'9' | b'N' | b'I') {
        return (at + 1, None);
    }
    if let Some(word) = WORDS.iter().find(|word| bytes[at..].starts_with(word.as_bytes())) {
        return (at + word.len(), Some("null"));
    }
    let Some(number) = number::read(bytes, at) else { return (at + 1, None) };
    let overflows = number.is_float && number.is_long && number::overflows(&bytes[at..number.end]);
    (number.end, overflows.then_some("null"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert_eq!(replaced(text).as_deref(), expected, "{text}");
        }
    }
}
