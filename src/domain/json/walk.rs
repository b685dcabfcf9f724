//! Steps through a text that is known to be JSON, for the rare questions that one pass leaves open.

use super::decode::{CodePoints, string_content};
use super::{number, white};

/// The byte after the string whose opening quote is at `open`.
pub(super) fn string_end(text: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < text.len() && text[at] != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

/// The byte after the value at `start`.
pub(super) fn value_end(text: &[u8], start: usize) -> usize {
    let mut open = 0_usize;
    let mut at = start;
    while at < text.len() {
        match text[at] {
            b'"' => {
                at = string_end(text, at);
                if open == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => open += 1,
            b'}' | b']' if open <= 1 => return at + open,
            b'}' | b']' => open -= 1,
            b',' | b' ' | b'\t' | b'\n' | b'\r' if open == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Where the value of the key at `key` starts.
pub(super) fn value_of(text: &[u8], key: usize) -> usize {
    white(text, white(text, string_end(text, key)) + 1)
}

/// Whether a value is the envelope in which development builds stored references:
/// `{"__type": "ExternalState", "__var": …}`. Of repeated keys the last one counts, as in Python.
pub fn is_development_envelope(text: &[u8]) -> bool {
    let (mut is_external, mut has_var) = (false, false);
    for (key, value) in members(text) {
        if stands_for(key, "__type") {
            is_external = string_content(value).is_some_and(|content| stands_for(content, "ExternalState"));
        }
        has_var |= stands_for(key, "__var");
    }
    is_external && has_var
}

/// The members of a value, if it is an object: what stands between the quotes of each key, and each value.
pub fn members(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let start = white(text, 0);
    let mut at = if text.get(start) == Some(&b'{') { white(text, start + 1) } else { text.len() };
    std::iter::from_fn(move || {
        if text.get(at) != Some(&b'"') {
            return None;
        }
        let (key, start) = (at + 1..string_end(text, at) - 1, value_of(text, at));
        let end = value_end(text, start);
        at = white(text, end);
        if text.get(at) == Some(&b',') {
            at = white(text, at + 1);
        }
        Some((text.get(key)?, text.get(start..end)?))
    })
}

/// The numbers of a value, each with the place where it starts.
pub fn numbers(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = text.get(at) {
            match byte {
                b'"' => at = string_end(text, at),
                b'-' | b'0'..=b'9' => {
                    let start = at;
                    at = number::read(text, start).map_or(start + 1, |number| number.end);
                    return Some((start, &text[start..at]));
                }
                _ => at += 1,
            }
        }
        None
    })
    // The minus of `-Infinity` is no number.
    .filter(|(_, number)| *number != b"-")
}

/// Whether a string stands for `wanted`, given what stands between its quotes.
pub fn stands_for(content: &[u8], wanted: &str) -> bool {
    CodePoints::of(content).eq(wanted.chars().map(u32::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_where_values_end() {
        for (text, end) in [
            ("1,2", 1),
            ("true]", 4),
            (r#""a\"]",1"#, 6),
            ("[1,[2,{}]] ,", 10),
            (r#"{"a":"}"}}"#, 9),
            ("-1.5e3", 6),
            ("[]", 2),
        ] {
            assert_eq!(value_end(text.as_bytes(), 0), end, "{text}");
        }
    }

    #[test]
    fn goes_over_the_members_of_an_object() {
        let text = br#" { "a" : [1, {"b": 2}] ,"\u0062":"}" ,"": null} "#;
        let all: Vec<(&[u8], &[u8])> = members(text).collect();
        assert_eq!(all, [(&b"a"[..], &br#"[1, {"b": 2}]"#[..]), (br"\u0062", br#""}""#), (b"", b"null")]);
        for text in ["{}", "[\"a\"]", "1", "\"{\"", ""] {
            assert_eq!(members(text.as_bytes()).count(), 0, "{text}");
        }
    }

    #[test]
    fn goes_over_the_numbers_of_a_value() {
        let text = br#"{"a 1": [-1.5e3,0,-Infinity], "\"2": 30}"#;
        let all: Vec<(usize, &[u8])> = numbers(text).collect();
        assert_eq!(all, [(9, &b"-1.5e3"[..]), (16, b"0"), (37, b"30")]);
    }

    #[test]
    fn knows_the_envelope_of_development_builds() {
        for (text, envelope) in [
            (r#"{"__type": "ExternalState", "__var": "s3://x"}"#, true),
            (r#" { "__var" : {"a": [1]} , "x": 1, "__t\u0079pe" : "External\u0053tate" } "#, true),
            (r#"{"__type": "ExternalState"}"#, false),
            (r#"{"__type": "Other", "__var": 1}"#, false),
            (r#"{"__type": "ExternalState", "__var": 1, "__type": 2}"#, false),
            (r#"{"__type": 1, "__var": 1, "__type": "ExternalState"}"#, true),
            (r#"{"a": {"__type": "ExternalState", "__var": 1}}"#, false),
            (r#"["__type", {"__type": "ExternalState", "__var": 1}]"#, false),
            (r#""__type""#, false),
            ("{}", false),
        ] {
            assert_eq!(is_development_envelope(text.as_bytes()), envelope, "{text}");
        }
    }
}
