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
    let mut plain_from = 0;
    for (at, char) in text.char_indices() {
        if is_plain(char) {
            continue;
        }
        out.push_str(&text[plain_from..at]);
        plain_from = at + char.len_utf8();
        push_escape(char, &mut out);
    }
    out.push_str(&text[plain_from..]);
    out.push('"');
    out
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
                out.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    out.push(char::from(DIGITS[usize::from(unit >> shift & 0xF)]));
                }
            }
            return;
        }
    };
    out.push('\\');
    out.push(letter);
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
