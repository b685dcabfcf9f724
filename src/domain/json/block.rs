//! Sixteen bytes at a time: which of them end a run, which are digits, which lie outside ASCII.
//!
//! A JSON text is mostly runs: letters up to a quote, digits up to a comma. Their lengths follow no pattern, so a loop
//! over bytes costs a mispredicted branch at the end of each; a mask and the place of its lowest bit cost the same for
//! every length up to sixteen.
//!
//! Every mask has bit `n` for byte `n`. On x86-64 it comes from four or five SSE2 instructions, elsewhere from
//! arithmetic on two words; the test below holds the two against each other.

/// Sixteen bytes of a text. What lies beyond its end counts as 0, which is a control character and no digit, so a
/// search stops there by itself.
pub(super) type Block = [u8; 16];

/// The block that begins at `at`.
#[inline(always)]
pub(super) fn block_at(text: &[u8], at: usize) -> Block {
    match text.get(at..).and_then(|rest| rest.first_chunk()) {
        Some(block) => *block,
        None => last_block(text, at),
    }
}

/// [`block_at`] where fewer than sixteen bytes are left.
#[inline]
fn last_block(text: &[u8], at: usize) -> Block {
    let rest = text.get(at..).unwrap_or_default();
    match text.last_chunk() {
        Some(last) if !rest.is_empty() => (u128::from_le_bytes(*last) >> (8 * (16 - rest.len()))).to_le_bytes(),
        _ => {
            let mut block = [0; 16];
            block[..rest.len()].copy_from_slice(rest);
            block
        }
    }
}

/// The bytes that end a plain run inside a string (quotes, backslashes, control characters), and those outside ASCII.
#[inline(always)]
pub(super) fn stops_and_high(block: &Block) -> (u32, u32) {
    #[cfg(target_arch = "x86_64")]
    return vector::stops_and_high(block);
    #[cfg(not(target_arch = "x86_64"))]
    return words::stops_and_high(block);
}

/// The bytes that are digits.
#[inline(always)]
pub(super) fn digits(block: &Block) -> u32 {
    #[cfg(target_arch = "x86_64")]
    return vector::digits(block);
    #[cfg(not(target_arch = "x86_64"))]
    return words::digits(block);
}

/// The masks by SSE2.
#[cfg(target_arch = "x86_64")]
mod vector {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
        _mm_sub_epi8,
    };

    use super::Block;

    // Two calls in this module are marked unsafe, and they are all there is in this crate. The compiler asks for it
    // because a function that uses SSE2 must not run on a processor without SSE2; every x86-64 processor has it, by
    // the definition of the architecture, and the module exists on no other. Nothing else about them is unsafe: they
    // take a reference and return a number. They make strings and numbers about twice as fast as words of eight bytes
    // do, which decides whether a scan keeps up with the database it reads from.
    #[inline(always)]
    #[allow(unsafe_code, reason = "SSE2 is part of x86-64")]
    pub fn stops_and_high(block: &Block) -> (u32, u32) {
        unsafe { sse2_stops_and_high(block) }
    }

    #[inline(always)]
    #[allow(unsafe_code, reason = "SSE2 is part of x86-64")]
    pub fn digits(block: &Block) -> u32 {
        unsafe { sse2_digits(block) }
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn sse2_stops_and_high(block: &Block) -> (u32, u32) {
        let bytes = load(block);
        let quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'"' as i8));
        let backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(b'\\' as i8));
        let control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
        (mask(_mm_or_si128(_mm_or_si128(quote, backslash), control)), mask(bytes))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn sse2_digits(block: &Block) -> u32 {
        let values = _mm_sub_epi8(load(block), _mm_set1_epi8(b'0' as i8));
        mask(_mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn load(block: &Block) -> __m128i {
        let both = u128::from_le_bytes(*block);
        _mm_set_epi64x((both >> 64) as i64, both as i64)
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn mask(bytes: __m128i) -> u32 {
        _mm_movemask_epi8(bytes) as u32
    }
}

/// The same masks by arithmetic on two words of eight bytes.
#[cfg(any(test, not(target_arch = "x86_64")))]
mod words {
    use super::Block;

    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;

    pub fn stops_and_high(block: &Block) -> (u32, u32) {
        let stops = |word: u64| equal(word, b'"') | equal(word, b'\\') | below(word, 0x20);
        (mask(block, stops), mask(block, |word| word))
    }

    pub fn digits(block: &Block) -> u32 {
        mask(block, |word| below(word, b'9' + 1) & !below(word, b'0'))
    }

    /// Bit 7 of every byte that is `byte`.
    fn equal(word: u64, byte: u8) -> u64 {
        below(word ^ (LOW * u64::from(byte)), 1)
    }

    /// Bit 7 of every byte that is less than `bound`, which is at most 0x80. No borrow crosses from byte to byte,
    /// because bit 7 is set in each before the subtraction.
    fn below(word: u64, bound: u8) -> u64 {
        !((word | HIGH) - LOW * u64::from(bound)) & !word & HIGH
    }

    /// Bit `n` for byte `n`, from bit 7 of the bytes.
    fn mask(block: &Block, bits: impl Fn(u64) -> u64) -> u32 {
        let both = u128::from_le_bytes(*block);
        let gather = |word: u64| ((bits(word) & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        (gather(both as u64) | (gather((both >> 64) as u64) << 8)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_in_zeros_where_the_text_ends() {
        let text = b"0123456789abcdefXYZ";
        assert_eq!(&block_at(text, 0), b"0123456789abcdef");
        assert_eq!(&block_at(text, 3), b"3456789abcdefXYZ");
        assert_eq!(&block_at(text, 10), b"abcdefXYZ\0\0\0\0\0\0\0");
        assert_eq!(block_at(text, 19), [0; 16]);
        assert_eq!(block_at(text, 40), [0; 16]);
        assert_eq!(&block_at(b"12", 1), b"2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    }

    #[test]
    fn both_ways_to_the_masks_agree_for_every_byte_in_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..16 {
                for around in [b'a', b'0', 0xFF] {
                    let mut block = [around; 16];
                    block[place] = byte;
                    let masks = stops_and_high(&block);
                    assert_eq!(masks, words::stops_and_high(&block), "{block:?}");
                    assert_eq!(digits(&block), words::digits(&block), "{block:?}");
                    assert_eq!(digits(&block) >> place & 1 == 1, byte.is_ascii_digit());
                    let stops = byte == b'"' || byte == b'\\' || byte < b' ';
                    assert_eq!((masks.0 >> place & 1 == 1, masks.1 >> place & 1 == 1), (stops, byte >= 0x80));
                }
            }
        }
    }
}
