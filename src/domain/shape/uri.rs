//! References: a URI with a scheme and `://`, as storage backends write them.

/// Whether the whole text is a URI with a scheme and something after `://`, without white space or control
/// characters. Anything else is let through: keys in object storage may hold nearly every character. The text comes
/// as code points, so that a JSON string need not be decoded for the question.
pub fn is_uri(mut text: impl Iterator<Item = u32>) -> bool {
    let mut scheme = text.by_ref().map_while(char::from_u32);
    let starts = scheme.next().is_some_and(|first| first.is_ascii_alphabetic());
    let ends = scheme.find(|&char| !char.is_ascii_alphanumeric() && !matches!(char, '+' | '-' | '.'));
    if !starts || ends != Some(':') || !scheme.by_ref().take(2).eq("//".chars()) {
        return false;
    }
    let mut rest = text.peekable();
    rest.peek().is_some() && rest.all(|code| char::from_u32(code).is_none_or(|char| !is_break(char)))
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
            assert!(is_uri(text.chars().map(u32::from)), "{text}");
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
            assert!(!is_uri(text.chars().map(u32::from)), "{text}");
        }
    }
}
