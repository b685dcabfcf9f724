//! Numbers: how far they go, and whether Python's `float` makes infinity out of them.

use super::complaint::{Complaint, Fault};

/// One number that was read to its end.
pub(super) struct Read {
    /// The byte after the last digit.
    pub end: usize,
    /// How many digits an integer has; 0 for a float.
    pub integer_digits: usize,
    /// Whether it is a float that overflows.
    pub infinite: bool,
}

/// Reads the number at `start`, as far as CPython's `_match_number_unicode` would: a point or an exponent without
/// digits does not belong to it. Anything that cannot start a number is an error here.
#[inline(always)]
pub(super) fn read(text: &[u8], start: usize) -> Result<Read, Fault> {
    let first = start + usize::from(text.get(start) == Some(&b'-'));
    let mut end = match text.get(first) {
        Some(b'0') => first + 1,
        Some(b'1'..=b'9') => digits(text, first + 1),
        _ => return Err(Fault::new(Complaint::Value, start)),
    };
    let integer_digits = end - first;
    if !matches!(text.get(end), Some(b'.' | b'e' | b'E')) {
        return Ok(Read { end, integer_digits, infinite: false });
    }
    let mut is_float = false;
    if text[end] == b'.' && is_digit(text, end + 1) {
        is_float = true;
        end = digits(text, end + 2);
    }
    let mantissa = end;
    if let Some(b'e' | b'E') = text.get(end) {
        let signed = end + 1 + usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        if is_digit(text, signed) {
            is_float = true;
            end = digits(text, signed + 1);
        }
    }
    if !is_float {
        return Ok(Read { end, integer_digits, infinite: false });
    }
    // A float of at most 200 characters before an exponent of at most two digits is below 1e300.
    let harmless = mantissa - start <= 200 && end - mantissa <= 3;
    let infinite = !harmless && overflows(&text[first..mantissa], text.get(mantissa + 1..end).unwrap_or_default());
    Ok(Read { end, integer_digits: 0, infinite })
}

#[inline(always)]
fn is_digit(text: &[u8], at: usize) -> bool {
    matches!(text.get(at), Some(b'0'..=b'9'))
}

/// The first byte at or after `at` that is not a digit.
#[inline(always)]
fn digits(text: &[u8], mut at: usize) -> usize {
    while is_digit(text, at) {
        at += 1;
    }
    at
}

/// Whether `mantissa`e`exponent` rounds to infinity in double precision. The mantissa has no sign, the exponent may.
///
/// Only magnitudes around 1e308 need arithmetic; for those the standard library's parser is exact, but it reads the
/// exponent with a bound, so it is given a number whose exponent is small.
#[cold]
fn overflows(mantissa: &[u8], exponent: &[u8]) -> bool {
    let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
    let Some(leading) = mantissa.iter().position(|byte| matches!(byte, b'1'..=b'9')) else {
        return false;
    };
    // The power of ten of the first digit that is not zero, before the exponent is applied.
    let scale = if leading < point { (point - leading) as i128 - 1 } else { point as i128 - leading as i128 };
    let magnitude = scale.saturating_add(saturating_integer(exponent));
    if magnitude != 308 {
        return magnitude > 308;
    }
    let mut digits: Vec<u8> = mantissa[leading..].iter().copied().filter(u8::is_ascii_digit).collect();
    // No double has more significant digits than these; what is cut off can only make the number larger.
    const ENOUGH: usize = 800;
    if digits.len() > ENOUGH {
        let rest_is_zero = digits[ENOUGH..].iter().all(|&digit| digit == b'0');
        digits.truncate(ENOUGH);
        digits.push(if rest_is_zero { b'0' } else { b'1' });
    }
    let scientific = format!("{}.{}e308", char::from(digits[0]), String::from_utf8_lossy(&digits[1..]));
    scientific.replace(".e", "e").parse::<f64>().is_ok_and(f64::is_infinite)
}

/// A signed decimal integer; far beyond any exponent that matters it stops growing.
fn saturating_integer(text: &[u8]) -> i128 {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let magnitude =
        digits.iter().fold(0_i128, |value, &digit| (value * 10 + i128::from(digit - b'0')).min(i128::from(u64::MAX)));
    if negative { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_far_as_cpython() {
        for (text, end) in [
            ("0", 1),
            ("-0", 2),
            ("012", 1),
            ("10x", 2),
            ("1.", 1),
            ("1.5", 3),
            ("1.5.2", 3),
            ("1e", 1),
            ("1e+", 1),
            ("1e+5", 4),
            ("1.e5", 1),
            ("1.5E-7,", 6),
            ("-12.25e2]", 8),
        ] {
            assert_eq!(read(text.as_bytes(), 0).map(|read| read.end).ok(), Some(end), "{text}");
        }
        for text in ["", "-", "+1", ".5", "-.5", "--1", "-a"] {
            assert!(read(text.as_bytes(), 0).is_err(), "{text}");
        }
    }

    #[test]
    fn knows_which_floats_overflow() {
        let zeros = "0".repeat(700_000);
        for (text, infinite) in [
            ("1e308".to_owned(), false),
            ("1e309".to_owned(), true),
            ("1.7976931348623157e308".to_owned(), false),
            ("1.7976931348623158e308".to_owned(), false),
            ("1.7976931348623159e308".to_owned(), true),
            ("17976931348623157e292".to_owned(), false),
            ("0.00017976931348623159e312".to_owned(), true),
            ("0e99999999999999999999999".to_owned(), false),
            ("1e-99999999999999999999999".to_owned(), false),
            ("1e99999999999999999999999".to_owned(), true),
            (format!("1{zeros}e-700000"), false),
            (format!("1{zeros}e-699692"), false),
            (format!("1{zeros}e-699691"), true),
            (format!("0.{zeros}1e700001"), false),
            (format!("1{}.0", "0".repeat(308)), false),
            (format!("1{}.0", "0".repeat(309)), true),
        ] {
            let read = read(text.as_bytes(), 0).expect("a number");
            assert_eq!((read.end, read.infinite), (text.len(), infinite), "{}", &text[..text.len().min(40)]);
        }
    }
}
