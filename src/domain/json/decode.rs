//! The text that a JSON string stands for. Everything here is for texts that were scanned without a fault.

use super::{Bounds, machine, scratch};

/// The code points of a string's content, escapes resolved, for content that the scanner took. Unpaired surrogates
/// come out as the numbers they are. A closing quote ends it.
#[derive(Clone)]
pub struct CodePoints<'a> {
    content: &'a [u8],
    at: usize,
}

impl<'a> CodePoints<'a> {
    /// Goes over what stands between two quotes.
    pub fn of(content: &'a [u8]) -> Self {
        Self { content, at: 0 }
    }
}

impl Iterator for CodePoints<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let byte = *self.content.get(self.at).filter(|byte| **byte != b'"')?;
        if byte == b'\\' {
            let (code, end) = escape(self.content, self.at);
            self.at = end;
            return Some(code);
        }
        let length = match byte {
            0x00..=0x7F => 1,
            0x80..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xFF => 4,
        };
        let rest = &self.content[self.at + 1..(self.at + length).min(self.content.len())];
        self.at += length;
        // The bits of the first byte that count, then six of each that follows.
        let first = if length == 1 { u32::from(byte) } else { u32::from(byte) & (0x7F >> length) };
        Some(rest.iter().fold(first, |code, &next| code << 6 | u32::from(next) & 0x3F))
    }
}

/// What stands between the quotes of a text that is one whole JSON string, escapes as they were written. `None` for
/// any other value.
pub fn string_content(text: &[u8]) -> Option<&[u8]> {
    match text.trim_ascii() {
        [b'"', content @ .., b'"'] => Some(content),
        _ => None,
    }
}

/// Whether what a string stands for is something that `json.loads` takes, given what stands between its quotes. The
/// text lives in the thread's scratch, so that looking costs a healthy value nothing.
pub fn content_parses(content: &[u8], bounds: &Bounds) -> bool {
    scratch::with(|scratch| {
        let mut inner = std::mem::take(&mut scratch.inner);
        inner.clear();
        decode_into(content, 0, &mut inner);
        // An unpaired surrogate makes it something that is no text.
        let parses =
            str::from_utf8(&inner).is_ok() && machine::Machine::new(&inner, inner.len(), bounds, scratch).accepts();
        scratch.inner = inner;
        parses
    })
}

/// Decodes from `at` to the next quote or the end. Unpaired surrogates, which UTF-8 cannot hold, are written the way
/// WTF-8 does it (three bytes), so that different strings stay different.
pub(super) fn decode_into(text: &[u8], mut at: usize, out: &mut Vec<u8>) {
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => return,
            b'\\' => {
                let (code, end) = escape(text, at);
                push_code_point(code, out);
                at = end;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
}

/// The code point that the escape at `at` stands for, and the byte after it.
pub(super) fn escape(text: &[u8], at: usize) -> (u32, usize) {
    let plain = match text.get(at + 1) {
        Some(b'u') => return code_point(text, at),
        Some(b'b') => 0x08,
        Some(b'f') => 0x0C,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(&other) => other,
        None => b'\\',
    };
    (u32::from(plain), at + 2)
}

/// The code point of the `\uXXXX` at `at`, together with its second half where there is one, and the byte after it.
fn code_point(text: &[u8], at: usize) -> (u32, usize) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6).filter(|escape| escape.starts_with(br"\u"))?;
        u32::from_str_radix(str::from_utf8(&digits[2..]).ok()?, 16).ok()
    };
    match (unit(at).unwrap_or_default(), unit(at + 6)) {
        (high @ 0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
            (0x10000 + ((high - 0xD800) << 10 | (low - 0xDC00)), at + 12)
        }
        (unit, _) => (unit, at + 6),
    }
}

/// Writes a code point in UTF-8, a surrogate as if that were possible.
pub(crate) fn push_code_point(code: u32, out: &mut Vec<u8>) {
    match char::from_u32(code) {
        Some(char) => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        // A surrogate: the three bytes that its number would have.
        None => out.extend([0xE0 | (code >> 12) as u8, 0x80 | (code >> 6) as u8 & 0x3F, 0x80 | code as u8 & 0x3F]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_every_escape() {
        for (content, decoded) in [
            ("", ""),
            ("plain é 😀", "plain é 😀"),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u0041\u00E9\u20ac", "Aé€"),
            (r"\ud83d\ude00!", "😀!"),
        ] {
            let chars: String = CodePoints::of(content.as_bytes()).filter_map(char::from_u32).collect();
            assert_eq!(chars, decoded);
            let mut bytes = Vec::new();
            decode_into(content.as_bytes(), 0, &mut bytes);
            assert_eq!(bytes, decoded.as_bytes());
        }
        assert_eq!(CodePoints::of(br"\ud83dx\ude00").collect::<Vec<_>>(), [0xD83D, u32::from('x'), 0xDE00]);
    }
}
