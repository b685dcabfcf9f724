//! Numbers: how far they go, whether Python's `float` makes infinity out of them, and what other readers hold.

use super::block::{block_at, digits};

/// One number that was read to its end.
pub(super) struct Number {
    /// The byte after the last digit.
    pub end: usize,
    pub is_float: bool,
    /// Whether it is worth asking how many digits an integer has, or whether a float overflows.
    pub is_long: bool,
}

/// A float of at most this many characters before an exponent of at most two digits is below 1e300.
const HARMLESS: usize = 200;

/// Reads the number at `start`, as far as CPython's `_match_number_unicode` would: a point or an exponent without
/// digits does not belong to it. `None` if no number starts there.
#[inline(always)]
pub(super) fn read(text: &[u8], start: usize) -> Option<Number> {
    let runs = Runs { text, start, digits: digits(&block_at(text, start)) };
    let first = usize::from(runs.byte(0) == b'-');
    let mut end = runs.end(first);
    if end == first {
        return None;
    }
    // A zero stands alone.
    if end - first > 1 && runs.byte(first) == b'0' {
        end = first + 1;
    }
    if !matches!(runs.byte(end), b'.' | b'e' | b'E') {
        return Some(Number { end: start + end, is_float: false, is_long: end > HARMLESS });
    }
    Some(read_float(&runs, end))
}

/// Goes on with a number whose whole part ends at `whole`, at a point or an `e`.
#[inline(always)]
fn read_float(runs: &Runs<'_>, whole: usize) -> Number {
    let mut mantissa = whole;
    if runs.byte(whole) == b'.' {
        let end = runs.end(whole + 1);
        if end > whole + 1 {
            mantissa = end;
        }
    }
    let (mut end, mut exponent_digits) = (mantissa, 0);
    if let b'e' | b'E' = runs.byte(mantissa) {
        let from = mantissa + 1 + usize::from(matches!(runs.byte(mantissa + 1), b'+' | b'-'));
        let to = runs.end(from);
        if to > from {
            (end, exponent_digits) = (to, to - from);
        }
    }
    let is_long = mantissa > HARMLESS || exponent_digits > 2;
    Number { end: runs.start + end, is_float: end > whole, is_long }
}

/// The runs of digits of one number. Places count from its first byte; the first sixteen bytes are looked at once.
struct Runs<'a> {
    text: &'a [u8],
    start: usize,
    digits: u32,
}

impl Runs<'_> {
    /// The first place at or after `from` that is not a digit.
    #[inline(always)]
    fn end(&self, from: usize) -> usize {
        let end = from + (self.digits >> from.min(16)).trailing_ones() as usize;
        if end < 16 { end } else { self.end_beyond(from) }
    }

    fn end_beyond(&self, from: usize) -> usize {
        let mut at = from;
        loop {
            let count = digits(&block_at(self.text, self.start + at)).trailing_ones() as usize;
            at += count;
            if count < 16 {
                return at;
            }
        }
    }

    #[inline(always)]
    fn byte(&self, place: usize) -> u8 {
        self.text.get(self.start + place).copied().unwrap_or_default()
    }
}

/// Whether Python reads a number as a float.
pub fn is_float(number: &[u8]) -> bool {
    number.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
}

/// Whether a number, as it is written, rounds to infinity in double precision.
pub fn overflows(float: &[u8]) -> bool {
    // Only magnitudes around 1e308 need arithmetic.
    Decimal::of(float).is_some_and(|decimal| decimal.magnitude > 308 || decimal.magnitude == 308 && decimal.overflows())
}

/// The float that a text stands for in double precision: digits, with or without a point, an exponent and a minus.
pub(crate) fn float_value(text: &[u8]) -> f64 {
    let float = match Decimal::of(text) {
        Some(Decimal { magnitude: 309.., .. }) => f64::INFINITY,
        Some(decimal @ Decimal { magnitude: -400.., .. }) => decimal.value(),
        Some(_) | None => 0.0,
    };
    if text.starts_with(b"-") { -float } else { float }
}

/// Whether PostgreSQL's `numeric` holds a number as it is written: 131,072 digits before the point and 16,383 behind it,
/// of which zeros at the end count, and an exponent of at most half an `int` (`numeric.c` of PostgreSQL 15, and
/// measured).
pub fn fits_numeric(number: &[u8]) -> bool {
    let (behind_point, exponent) = scale(number);
    exponent.abs() < i128::from(i32::MAX / 2)
        && behind_point - exponent <= 16_383
        && Decimal::of(number).is_none_or(|decimal| decimal.magnitude < 131_072)
}

/// Whether MySQL takes a number as it is written: not what overflows a double, be it only before its exponent makes it
/// smaller, unless to nothing; nor an exponent above 308 that no digits behind the point make up for, be it zero's
/// (RapidJSON, which MySQL reads JSON with; held against MySQL 9.7).
pub fn fits_mysql(number: &[u8]) -> bool {
    let (behind_point, exponent) = scale(number);
    let before_point = number.split(|byte| matches!(byte, b'.' | b'e' | b'E')).next().unwrap_or_default();
    exponent - behind_point <= 308 && !overflows(number) && (exponent < -616 || !overflows(before_point))
}

/// How many digits a number has behind its point, and its exponent.
fn scale(number: &[u8]) -> (i128, i128) {
    let (mantissa, exponent) = parts(number);
    let behind_point = mantissa.iter().position(|&byte| byte == b'.').map_or(0, |point| mantissa.len() - point - 1);
    (behind_point as i128, saturating_integer(exponent))
}

/// Whether a number is an integer that 64 bits hold, with a sign or without one; floats need not be.
pub fn fits_64_bits(number: &[u8]) -> bool {
    let fits = |text: &str| text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
    is_float(number) || str::from_utf8(number).is_ok_and(fits)
}

/// A number that is not zero, its sign left off.
struct Decimal<'t> {
    /// From the first digit that is not zero on, perhaps with a point in between.
    digits: &'t [u8],
    /// The power of ten of that digit.
    magnitude: i128,
}

impl<'t> Decimal<'t> {
    /// Nothing for zero.
    fn of(float: &'t [u8]) -> Option<Self> {
        let (mantissa, exponent) = parts(float);
        let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
        let leading = mantissa.iter().position(|byte| matches!(byte, b'1'..=b'9'))?;
        let scale = if leading < point { (point - leading) as i128 - 1 } else { point as i128 - leading as i128 };
        Some(Self { digits: &mantissa[leading..], magnitude: scale.saturating_add(saturating_integer(exponent)) })
    }

    /// The standard library's parser is exact, but it reads the exponent with a bound, so it is given a number whose
    /// exponent is small.
    fn value(&self) -> f64 {
        let mut digits: Vec<u8> = self.digits.iter().copied().filter(u8::is_ascii_digit).collect();
        // No double has more significant digits than these; what is cut off can only make the number larger.
        const ENOUGH: usize = 800;
        if digits.len() > ENOUGH {
            let rest_is_zero = digits[ENOUGH..].iter().all(|&digit| digit == b'0');
            digits.truncate(ENOUGH);
            digits.push(if rest_is_zero { b'0' } else { b'1' });
        }
        let (first, rest) = (char::from(digits[0]), String::from_utf8_lossy(&digits[1..]));
        // Always a float to the parser: digits on both sides of the point.
        format!("{first}.{rest}0e{}", self.magnitude).parse().unwrap_or(f64::INFINITY)
    }

    fn overflows(&self) -> bool {
        self.value().is_infinite()
    }
}

/// What stands before an exponent, its sign left off, and the exponent.
fn parts(number: &[u8]) -> (&[u8], &[u8]) {
    let number = number.strip_prefix(b"-").unwrap_or(number);
    let mut parts = number.split(|byte| matches!(byte, b'e' | b'E'));
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
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
            assert_eq!(read(text.as_bytes(), 0).map(|number| number.end), Some(end), "{text}");
        }
        for text in ["", "-", "+1", ".5", "-.5", "--1", "-a"] {
            assert!(read(text.as_bytes(), 0).is_none(), "{text}");
        }
    }

    #[test]
    fn knows_what_numeric_holds() {
        // Each of these was asked of PostgreSQL 15.
        for (text, fits) in [
            ("1e131071", true),
            ("1e131072", false),
            ("-9e131071", true),
            ("10e131070", true),
            ("10e131071", false),
            ("0.01e131073", true),
            ("0.01e131074", false),
            ("1e-16383", true),
            ("1e-16384", false),
            ("0e131072", true),
            ("0e-16383", true),
            ("0e-16384", false),
            ("0.0e-16382", true),
            ("0.0e-16383", false),
            ("0e1073741822", true),
            ("0e1073741823", false),
            ("0e99999999999999999999999", false),
            ("1e00000000000000000000000000000000005", true),
        ] {
            assert_eq!(fits_numeric(text.as_bytes()), fits, "{text}");
        }
    }

    #[test]
    fn knows_which_numbers_mysql_refuses() {
        // Each of these was asked of RapidJSON.
        for (text, fits) in [
            ("1e308", true),
            ("1e309", false),
            ("0e308", true),
            ("0e309", false),
            ("0.00e310", true),
            ("0.00e311", false),
            ("1e-999", true),
            ("0e-999", true),
            (&"9".repeat(309), false),
            (&format!("1{}e-1", "0".repeat(308)), true),
            (&format!("1{}e-1", "0".repeat(309)), false),
            (&format!("-1{}.5e-9", "0".repeat(309)), false),
            (&format!("1{}e-616", "0".repeat(900)), false),
            (&format!("1{}e-617", "0".repeat(900)), true),
        ] {
            assert_eq!(fits_mysql(text.as_bytes()), fits, "{text}");
        }
    }

    #[test]
    fn knows_which_integers_need_more_than_64_bits() {
        for (text, fits) in [
            ("18446744073709551615", true),
            ("18446744073709551616", false),
            ("-9223372036854775808", true),
            ("-9223372036854775809", false),
            ("-0", true),
            ("99999999999999999999.0", true),
            ("1e40", true),
        ] {
            assert_eq!(fits_64_bits(text.as_bytes()), fits, "{text}");
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
            let number = read(text.as_bytes(), 0).expect("a number");
            assert!(number.is_float && number.end == text.len());
            assert!(number.is_long || !infinite);
            assert_eq!(overflows(text.as_bytes()), infinite, "{}", &text[..text.len().min(40)]);
        }
    }
}
