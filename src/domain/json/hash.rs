//! A hash of keys, sixteen bytes at a time, so that it costs little where a key is read anyway.
//!
//! It is not proof against someone who chooses the keys; what compares them is (`keys`).

use super::block::{Block, block_at};

/// A hash that is fed with blocks. A key must always be cut the same way: whole blocks, then a last one that is not
/// whole, even if it is empty.
pub(super) struct Hash(u64);

impl Hash {
    pub const fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    /// Sixteen bytes of the key.
    #[inline(always)]
    pub const fn block(&mut self, block: &Block) {
        self.mix(u128::from_le_bytes(*block));
    }

    /// The first `length` bytes of a block, which are the last ones of the key.
    #[inline(always)]
    pub const fn finish(mut self, block: &Block, length: u32) -> u32 {
        let kept = u128::from_le_bytes(*block) & !(u128::MAX << (8 * (length & 15)));
        // The highest byte is free; the length keeps keys apart that end in zeros.
        self.mix(kept | (length as u128) << 120);
        (self.0 >> 32) as u32
    }

    /// Multiplies the halves to 128 bits and folds the product.
    #[inline(always)]
    const fn mix(&mut self, bytes: u128) {
        let (low, high) = (bytes as u64 ^ self.0, (bytes >> 64) as u64 ^ 0xD6E8_FEB8_6659_FD93);
        let product = low as u128 * high as u128;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

/// The hash of a whole key.
pub(super) fn hash(key: &[u8]) -> u32 {
    let mut hash = Hash::new();
    let (blocks, rest) = key.as_chunks();
    for block in blocks {
        hash.block(block);
    }
    hash.finish(&block_at(rest, 0), rest.len() as u32)
}
