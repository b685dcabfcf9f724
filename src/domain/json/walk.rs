//! Steps through a text that is known to be JSON, for the rare questions that one pass leaves open.

use super::decode::CodePoints;
use super::white;

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
    let start = white(text, 0);
    if text.get(start) != Some(&b'{') {
        return false;
    }
    let mut at = white(text, start + 1);
    while text.get(at) == Some(&b'"') {
        let value = value_of(text, at);
        if string_is(text, at, "__type") {
            is_external = text.get(value) == Some(&b'"') && string_is(text, value, "ExternalState");
        }
        has_var |= string_is(text, at, "__var");
        at = white(text, value_end(text, value));
        if text.get(at) == Some(&b',') {
            at = white(text, at + 1);
        }
    }
    is_external && has_var
}

/// Whether the string at `open` stands for `wanted`.
fn string_is(text: &[u8], open: usize, wanted: &str) -> bool {
    let end = string_end(text, open);
    CodePoints::of(&text[open + 1..end - 1]).eq(wanted.chars().map(u32::from))
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
