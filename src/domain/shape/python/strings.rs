//! Strings and bytes as Python writes them: prefixes, three quotes, escapes.

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
