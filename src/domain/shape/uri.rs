//! References: a URI with a scheme and `://`, as storage backends write them.

use crate::domain::json;

/// No scheme is longer than this; registered ones have at most thirty letters.
const LONGEST_SCHEME: usize = 64;

/// Whether the whole text is a URI with a scheme and something after `://`, without white space or control
/// characters. Anything else is let through: keys in object storage may hold nearly every character.
pub fn is_uri(text: &str) -> bool {
    is_uri_of(text.chars().map(u32::from))
}

/// Whether a JSON string is such a URI, given what stands between its quotes. Nothing is decoded for it, and most
/// strings are turned away at the first byte that can neither be part of a scheme nor end one.
pub fn is_uri_in_json(content: &[u8]) -> bool {
    let end = content.iter().take(LONGEST_SCHEME + 1).find(|byte| !is_scheme_byte(**byte));
    matches!(end, Some(b':' | b'\\')) && is_uri_of(json::CodePoints::of(content))
}

fn is_uri_of(mut text: impl Iterator<Item = u32>) -> bool {
    let mut scheme = text.by_ref().map_while(char::from_u32).take(LONGEST_SCHEME + 1);
    let starts = scheme.next().is_some_and(|first| first.is_ascii_alphabetic());
    let ends = scheme.find(|char| u8::try_from(*char).map_or(true, |byte| !is_scheme_byte(byte)));
    if !starts || ends != Some(':') || !text.by_ref().take(2).eq("//".chars().map(u32::from)) {
        return false;
    }
    let mut rest = text.peekable();
    rest.peek().is_some() && rest.all(|code| char::from_u32(code).is_none_or(|char| !is_break(char)))
}

fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

fn is_break(char: char) -> bool {
    char.is_whitespace() || char.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wants_a_scheme_and_something_after_it() {
        for text in [
            "s3://bucket/dag/run/task/-1/key",
            "gs://b/k.gz",
            "file:///tmp/x",
            "https://example.com/a?b=c#d",
            "s3+https://a",
            "S3://é/ü",
            "a://\"{}",
        ] {
            assert!(is_uri(text), "{text}");
        }
        for text in [
            "",
            "s3",
            "s3:",
            "s3:/",
            "s3://",
            "://x",
            "3s://x",
            "s_3://x",
            "see s3://x",
            "s3://x y",
            "s3://x\n",
            "s3://\u{7f}",
            "é://x",
            "/local/path",
            "mailto:a@b",
        ] {
            assert!(!is_uri(text), "{text}");
        }
    }
}
