//! Strings and bytes as Python writes them: prefixes, three quotes, escapes.

use crate::domain::json;

/// What stands before the opening quote.
pub(super) struct Prefix {
    length: usize,
    raw: bool,
    bytes: bool,
}

/// The prefix of a string at the start of the text; `None` where no string starts. A prefix with an `f` starts
/// something else, which no literal has.
pub(super) fn prefix(text: &[u8]) -> Option<Prefix> {
    let length = text.iter().take(3).position(|byte| matches!(byte, b'"' | b'\''))?;
    let mut letters = [0; 2];
    for (lower, letter) in letters.iter_mut().zip(&text[..length]) {
        *lower = letter.to_ascii_lowercase();
    }
    let (raw, bytes) = match &letters[..length] {
        b"" | b"u" => (false, false),
        b"r" => (true, false),
        b"b" => (false, true),
        b"br" | b"rb" => (true, true),
        _ => return None,
    };
    Some(Prefix { length, raw, bytes })
}

/// Reads the string at the start of the text. Returns whether it is bytes, and its length, or `None` where CPython
/// would not take it.
pub(super) fn read(text: &[u8], prefix: Prefix) -> Option<(bool, usize)> {
    let quote = text[prefix.length];
    let three = [quote; 3];
    let opening = if text[prefix.length..].starts_with(&three) { 3 } else { 1 };
    let start = prefix.length + opening;
    let mut at = start;
    loop {
        match *text.get(at)? {
            b'\n' if opening == 1 => return None,
            b'\\' => at += 2,
            byte if byte == quote && text[at..].starts_with(&three[..opening]) => break,
            _ => at += 1,
        }
    }
    let content = &text[start..at];
    let fits = (!prefix.bytes || content.is_ascii()) && (prefix.raw || escapes_are_valid(content, prefix.bytes));
    fits.then_some((prefix.bytes, at + opening))
}

/// What a string stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text in UTF-8, except that each surrogate stands there as three bytes.
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

/// What a string stands for that [`read`] took, prefix and quotes included. `None` for anything else.
pub fn decode(written: &str) -> Option<Content> {
    let prefix = prefix(written.as_bytes())?;
    let quoted = &written[prefix.length..];
    let opening = if quoted.len() >= 6 && (quoted.starts_with("\"\"\"") || quoted.starts_with("'''")) { 3 } else { 1 };
    let content = quoted.get(opening..quoted.len() - opening)?;
    let decoded = if prefix.raw { content.as_bytes().to_vec() } else { resolve(content.as_bytes(), prefix.bytes)? };
    Some(if prefix.bytes { Content::Bytes(decoded) } else { Content::Text(decoded) })
}

/// Puts what they stand for in place of escapes.
fn resolve(content: &[u8], bytes: bool) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(backslash) = rest.iter().position(|&byte| byte == b'\\') {
        out.extend_from_slice(&rest[..backslash]);
        let escape = &rest[backslash + 1..];
        let (code, length) = match *escape.first()? {
            b'\n' => (None, 1),
            letter @ (b'\\' | b'\'' | b'"') => (Some(u32::from(letter)), 1),
            b'a' => (Some(0x07), 1),
            b'b' => (Some(0x08), 1),
            b'f' => (Some(0x0C), 1),
            b'n' => (Some(0x0A), 1),
            b'r' => (Some(0x0D), 1),
            b't' => (Some(0x09), 1),
            b'v' => (Some(0x0B), 1),
            b'0'..=b'7' => octal(escape),
            b'x' => (Some(hexadecimal(escape.get(1..3)?)?), 3),
            b'u' if !bytes => (Some(hexadecimal(escape.get(1..5)?)?), 5),
            b'U' if !bytes => (Some(hexadecimal(escape.get(1..9)?)?), 9),
            // An unknown escape stays as it is.
            _ => (Some(u32::from(b'\\')), 0),
        };
        match code {
            Some(code) if bytes => out.push(code as u8),
            Some(code) => json::push_code_point(code, &mut out),
            None => {}
        }
        rest = &escape[length..];
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// Up to three octal digits, and how many there are.
fn octal(escape: &[u8]) -> (Option<u32>, usize) {
    let digits = escape.iter().take(3).take_while(|digit| matches!(digit, b'0'..=b'7'));
    let (code, length) = digits.fold((0, 0), |(code, length), digit| (code << 3 | u32::from(digit - b'0'), length + 1));
    (Some(code), length)
}

/// Whether every escape is one that CPython decodes. Unknown ones stay as they are and do no harm. `\N{…}` would need
/// the names of all characters and is left out.
fn escapes_are_valid(content: &[u8], bytes: bool) -> bool {
    let mut at = 0;
    while let Some(backslash) = content[at..].iter().position(|&byte| byte == b'\\') {
        at += backslash + 1;
        let digits = match content.get(at) {
            Some(b'x') => 2,
            Some(b'u') if !bytes => 4,
            Some(b'U') if !bytes => 8,
            Some(b'N') if !bytes => return false,
            _ => 0,
        };
        // The escaped character itself may be longer than a byte; what is left of it holds no backslash.
        at += 1;
        if digits > 0 {
            let Some(code) = content.get(at..at + digits).and_then(hexadecimal) else {
                return false;
            };
            if code > 0x10_FFFF {
                return false;
            }
            at += digits;
        }
        at = at.min(content.len());
    }
    true
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |code, &digit| Some(code << 4 | char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_python_decodes() {
        let text = |content: &str| Some(Content::Text(content.as_bytes().to_vec()));
        for (written, content) in [
            ("''", text("")),
            ("\"\"\"\"\"\"", text("")),
            ("'''a\n'b'''", text("a\n'b")),
            (r"'\\\'\a\b\f\n\r\t\v'", text("\\'\u{7}\u{8}\u{c}\n\r\t\u{b}")),
            (r#"'\"'"#, text("\"")),
            (r"'\x41\u00e9\U0001F600'", text("Aé😀")),
            (r"'\0\18\1011\777'", text("\0\u{1}8A1\u{1ff}")),
            (r"'\q\é\d'", text(r"\q\é\d")),
            ("'a\\\nb'", text("ab")),
            (r"R'\x41\''", text(r"\x41\'")),
            ("u'é'", text("é")),
            (r"'\ud83d\ude00'", Some(Content::Text(b"\xED\xA0\xBD\xED\xB8\x80".to_vec()))),
            (r"b'\x80\777\u0041'", Some(Content::Bytes(b"\x80\xFF\\u0041".to_vec()))),
            (r"Rb'\x80'", Some(Content::Bytes(br"\x80".to_vec()))),
            ("7", None),
        ] {
            assert_eq!(decode(written), content, "{written}");
        }
    }
}
