//! Numbers as Python writes them: bases, underscores, imaginary ones.

use super::lexer::is_name_byte;

/// A number that was read to its end.
pub(super) struct Number {
    pub length: usize,
    pub imaginary: bool,
}

/// The most digits that a decimal integer may have. Other bases, floats and imaginary numbers have no limit.
const MOST_DIGITS: usize = 4300;

/// Reads the number at the start of the text. `None` where CPython's tokenizer or its conversion refuses it.
pub(super) fn read(text: &[u8]) -> Option<Number> {
    let (length, imaginary) = match text {
        [b'0', b'x' | b'X', ..] => (2 + based(&text[2..], |byte| byte.is_ascii_hexdigit())?, false),
        [b'0', b'o' | b'O', ..] => (2 + based(&text[2..], |byte| matches!(byte, b'0'..=b'7'))?, false),
        [b'0', b'b' | b'B', ..] => (2 + based(&text[2..], |byte| matches!(byte, b'0' | b'1'))?, false),
        _ => decimal(text)?,
    };
    let goes_on = text.get(length).is_some_and(|&byte| is_name_byte(byte));
    (!goes_on).then_some(Number { length, imaginary })
}

/// Digits of some base, an underscore allowed before each group, the first one included.
fn based(text: &[u8], is_digit: impl Fn(u8) -> bool) -> Option<usize> {
    let mut at = 0;
    loop {
        at += usize::from(text.get(at) == Some(&b'_'));
        let group = text[at..].iter().take_while(|&&byte| is_digit(byte)).count();
        if group == 0 {
            return None;
        }
        at += group;
        if text.get(at) != Some(&b'_') {
            return Some(at);
        }
    }
}

/// Decimal digits, single underscores allowed between them.
fn digits(text: &[u8]) -> Option<usize> {
    if text.first() == Some(&b'_') { None } else { based(text, |byte| byte.is_ascii_digit()) }
}

/// A decimal integer, a float, or either with a `j`. Returns its length and whether it is imaginary.
fn decimal(text: &[u8]) -> Option<(usize, bool)> {
    let whole = if text[0] == b'.' { 0 } else { digits(text)? };
    let mut at = whole;
    if text.get(at) == Some(&b'.') {
        at += 1;
        if text.get(at).is_some_and(u8::is_ascii_digit) {
            at += digits(&text[at..])?;
        } else if whole == 0 {
            return None;
        }
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        at += digits(&text[at..])?;
    }
    match text.get(at) {
        Some(b'j' | b'J') => Some((at + 1, true)),
        _ if at == whole && !is_integer(&text[..whole]) => None,
        _ => Some((at, false)),
    }
}

/// An integer that starts with 0 must be 0; any other must not be longer than CPython converts.
fn is_integer(text: &[u8]) -> bool {
    let digits = || text.iter().filter(|&&byte| byte != b'_');
    if text[0] == b'0' { digits().all(|&digit| digit == b'0') } else { digits().count() <= MOST_DIGITS }
}
