//! Integers of any size, as far as it takes to read, compare and write them.

/// An integer. What fits into `i64` is always `Small`, so equal integers are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Integer {
    Small(i64),
    Big {
        negative: bool,
        /// The magnitude in base 2³², the least first, without zeros at the end.
        limbs: Vec<u32>,
    },
}

/// The most digits that CPython writes.
const MOST_DIGITS: usize = 4300;

/// A magnitude of more limbs has more digits than [`MOST_DIGITS`].
const MOST_LIMBS: usize = 450;

/// The highest power of ten that fits into a limb.
const CHUNK: (u32, usize) = (1_000_000_000, 9);

impl Integer {
    /// The integer that Python's tokenizer took: decimal, or with a base; underscores anywhere.
    pub fn parse(written: &str) -> Option<Self> {
        let (digits, bits) = match written.as_bytes() {
            [b'0', b'x' | b'X', rest @ ..] => (rest, 4),
            [b'0', b'o' | b'O', rest @ ..] => (rest, 3),
            [b'0', b'b' | b'B', rest @ ..] => (rest, 1),
            decimal => (decimal, 0),
        };
        let values = digits.iter().filter(|&&digit| digit != b'_').map(|&digit| char::from(digit).to_digit(16));
        let values: Vec<u32> = values.collect::<Option<_>>()?;
        Some(Self::from_limbs(false, if bits == 0 { from_decimal(&values) } else { from_bits(&values, bits) }))
    }

    /// The integer that a float is, if it is one.
    pub fn from_float(float: f64) -> Option<Self> {
        if float != float.trunc() || float.is_infinite() {
            return None;
        }
        if float.abs() < 1e18 {
            return Some(Self::Small(float as i64));
        }
        // So large that the mantissa, 53 bits, is only shifted to the left.
        let bits = float.to_bits();
        let (mantissa, shift) = (bits & ((1 << 52) - 1) | 1 << 52, (bits >> 52 & 0x7FF) as usize - 1023 - 52);
        let shifted = u128::from(mantissa) << (shift % 32);
        let mut limbs = vec![0; shift / 32];
        limbs.extend([shifted as u32, (shifted >> 32) as u32, (shifted >> 64) as u32]);
        Some(Self::from_limbs(float.is_sign_negative(), limbs))
    }

    pub fn negate(self) -> Self {
        match self {
            Self::Small(small) => match small.checked_neg() {
                Some(small) => Self::Small(small),
                None => Self::Big { negative: false, limbs: vec![0, 1 << 31] },
            },
            Self::Big { negative, limbs } => Self::from_limbs(!negative, limbs),
        }
    }

    /// The nearest float, which may be infinite. `None` where the integer has too many digits for that to be asked.
    pub fn to_float(&self) -> Option<f64> {
        self.decimal()?.parse().ok()
    }

    /// The digits, as `str` writes them; `None` where CPython refuses because there are too many.
    pub fn decimal(&self) -> Option<String> {
        let (negative, limbs) = match self {
            Self::Small(small) => return Some(small.to_string()),
            Self::Big { negative, limbs } => (*negative, limbs),
        };
        if limbs.len() > MOST_LIMBS {
            return None;
        }
        let mut chunks = Vec::new();
        let mut rest = limbs.clone();
        while !rest.is_empty() {
            chunks.push(divide(&mut rest, CHUNK.0));
            trim(&mut rest);
        }
        let mut digits = chunks.pop().unwrap_or_default().to_string();
        for chunk in chunks.iter().rev() {
            digits.push_str(&format!("{chunk:0width$}", width = CHUNK.1));
        }
        if digits.len() > MOST_DIGITS {
            return None;
        }
        Some(if negative { format!("-{digits}") } else { digits })
    }

    fn from_limbs(negative: bool, mut limbs: Vec<u32>) -> Self {
        trim(&mut limbs);
        if limbs.len() > 2 {
            return Self::Big { negative, limbs };
        }
        let magnitude = limbs.iter().rev().fold(0_i128, |value, &limb| value << 32 | i128::from(limb));
        match i64::try_from(if negative { -magnitude } else { magnitude }) {
            Ok(small) => Self::Small(small),
            Err(_) => Self::Big { negative, limbs },
        }
    }
}

fn trim(limbs: &mut Vec<u32>) {
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
}

fn from_decimal(digits: &[u32]) -> Vec<u32> {
    let mut limbs = Vec::new();
    for chunk in digits.chunks(CHUNK.1) {
        let (factor, value) = chunk.iter().fold((1, 0), |(factor, value), digit| (factor * 10, value * 10 + digit));
        let mut carry = u64::from(value);
        for limb in &mut limbs {
            let product = u64::from(*limb) * factor + carry;
            (*limb, carry) = (product as u32, product >> 32);
        }
        if carry > 0 {
            limbs.push(carry as u32);
        }
    }
    limbs
}

/// From digits of so many bits each, the highest first.
fn from_bits(digits: &[u32], bits: u32) -> Vec<u32> {
    let (mut limbs, mut open, mut filled) = (Vec::with_capacity(digits.len() * bits as usize / 32 + 1), 0_u64, 0);
    for &digit in digits.iter().rev() {
        open |= u64::from(digit) << filled;
        filled += bits;
        if filled >= 32 {
            limbs.push(open as u32);
            (open, filled) = (open >> 32, filled - 32);
        }
    }
    limbs.push(open as u32);
    limbs
}

/// Divides in place and returns what is left over.
fn divide(limbs: &mut [u32], divisor: u32) -> u32 {
    let divisor = u64::from(divisor);
    limbs.iter_mut().rev().fold(0_u64, |rest, limb| {
        let value = rest << 32 | u64::from(*limb);
        *limb = (value / divisor) as u32;
        value % divisor
    }) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(written: &str) -> Integer {
        Integer::parse(written).expect("an integer")
    }

    #[test]
    fn reads_and_writes_every_spelling() {
        for (written, decimal) in [
            ("0", "0"),
            ("00_0", "0"),
            ("1_000", "1000"),
            ("0x_fF", "255"),
            ("0o17", "15"),
            ("0b1_01", "5"),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9223372036854775808"),
            ("0x8000000000000000", "9223372036854775808"),
            ("18446744073709551616", "18446744073709551616"),
            ("0x1_0000_0000_0000_0000_0000_0000", "79228162514264337593543950336"),
            ("0o7777777777777777777777777", "37778931862957161709567"),
            ("1000000000000000000000000000000000000000000", "1000000000000000000000000000000000000000000"),
        ] {
            assert_eq!(parsed(written).decimal().as_deref(), Some(decimal), "{written}");
        }
        assert_eq!(parsed("9223372036854775808").negate(), Integer::Small(i64::MIN));
        assert_eq!(Integer::Small(i64::MIN).negate(), parsed("9223372036854775808"));
        assert_eq!(parsed("18446744073709551616").negate().decimal().as_deref(), Some("-18446744073709551616"));
    }

    #[test]
    fn writes_as_many_digits_as_cpython() {
        let nines = "9".repeat(4300);
        assert_eq!(parsed(&nines).decimal(), Some(nines.clone()));
        assert_eq!(parsed(&nines).negate().decimal(), Some(format!("-{nines}")));
        assert_eq!(parsed(&format!("1{}", "0".repeat(4300))).decimal(), None);
        assert_eq!(parsed(&format!("0x{}", "f".repeat(3571))).decimal().map(|digits| digits.len()), Some(4300));
        assert_eq!(parsed(&format!("0x{}", "f".repeat(3572))).decimal(), None);
        assert_eq!(parsed(&format!("0x{}", "f".repeat(1_000_000))).decimal(), None);
    }

    #[test]
    fn a_whole_float_is_the_same_integer() {
        for (float, integer) in [
            (0.0, Some("0")),
            (-0.0, Some("0")),
            (1.0, Some("1")),
            (-3.0, Some("-3")),
            (0.5, None),
            (1e-300, None),
            (2251799813685249.5, None),
            (4503599627370497.0, Some("4503599627370497")),
            (9007199254740993.0, Some("9007199254740992")),
            (1e16, Some("10000000000000000")),
            (1e23, Some("99999999999999991611392")),
            (-1.8446744073709552e19, Some("-18446744073709551616")),
            (f64::INFINITY, None),
        ] {
            assert_eq!(
                Integer::from_float(float),
                integer.map(|text| match text.strip_prefix('-') {
                    Some(text) => parsed(text).negate(),
                    None => parsed(text),
                }),
                "{float}"
            );
        }
        let largest = Integer::from_float(f64::MAX).and_then(|integer| integer.decimal());
        assert_eq!(largest, Some(format!("{:.0}", f64::MAX)));
    }
}
