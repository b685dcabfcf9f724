//! How Airflow writes a string: byte for byte `json.dumps(text)`.
//!
//! ASCII only; what lies outside space to `~` is escaped, beyond the basic plane as a surrogate pair, with
//! lower-case digits. `/` is not escaped.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The JSON string of a text, byte for byte what Python's `json.dumps` writes.
///
/// Both readers read the result back as exactly `text`: it is a scalar, and it holds no unpaired surrogate because
/// `text` holds none.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(encoded_len(text));
    out.push('"');
    push_plain(text, &mut out);
    out.push('"');
    out
}

/// What stands between the quotes.
fn push_plain(text: &str, out: &mut String) {
    let mut plain_from = 0;
    for (at, char) in text.char_indices() {
        if is_plain(char) {
            continue;
        }
        out.push_str(&text[plain_from..at]);
        plain_from = at + char.len_utf8();
        push_escape(char, out);
    }
    out.push_str(&text[plain_from..]);
}

/// How many bytes [`encode`] makes of a text, both quotes counted.
pub fn encoded_len(text: &str) -> usize {
    2 + text.chars().map(escaped_len).sum::<usize>()
}

/// Whether `json.dumps` writes the character as it is.
fn is_plain(char: char) -> bool {
    matches!(char, ' '..='~') && char != '"' && char != '\\'
}

fn escaped_len(char: char) -> usize {
    match char {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        ' '..='~' => 1,
        _ => 6 * char.len_utf16(),
    }
}

fn push_escape(char: char, out: &mut String) {
    let letter = match char {
        '"' | '\\' => char,
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        _ => {
            for &mut unit in char.encode_utf16(&mut [0; 2]) {
                push_unit(unit, out);
            }
            return;
        }
    };
    out.push('\\');
    out.push(letter);
}

fn push_unit(unit: u16, out: &mut String) {
    out.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        out.push(char::from(DIGITS[usize::from(unit >> shift & 0xF)]));
    }
}

/// As [`encode`], of a Python text that may hold surrogates: UTF-8 in which each stands as three bytes. They become
/// the escapes that `json.dumps` makes of them; a reader refuses those that do not happen to form pairs.
pub(super) fn push_text(mut text: &[u8], out: &mut String) {
    out.push('"');
    while !text.is_empty() {
        let good = str::from_utf8(text)
            .unwrap_or_else(|error| str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default());
        push_plain(good, out);
        let rest = &text[good.len()..];
        text = match rest {
            [_, second, third, rest @ ..] => {
                push_unit(0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F), out);
                rest
            }
            _ => &[],
        };
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_json_dumps_writes() {
        for (text, encoded) in [
            ("", r#""""#),
            ("plain", r#""plain""#),
            ("a\"b\\c/d", r#""a\"b\\c/d""#),
            ("\n\r\t\u{8}\u{c}", r#""\n\r\t\b\f""#),
            ("\0\u{1f}~\u{7f}\u{80}", r#""\u0000\u001f~\u007f\u0080""#),
            ("é\u{2028}\u{ffff}", r#""\u00e9\u2028\uffff""#),
            ("😀x", r#""\ud83d\ude00x""#),
        ] {
            assert_eq!(encode(text), encoded);
            assert_eq!(encoded_len(text), encoded.len());
        }
    }
}
