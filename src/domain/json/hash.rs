//! A hash of keys, sixteen bytes at a time, so that it costs little where a key is read anyway.
//!
//! It is not proof against someone who chooses the keys; what compares them is (`keys`).

use super::block::{Block, block_at};

/// A hash that is fed with blocks. A key must always be cut the same way: whole blocks, then a last one that is not
/// whole, even if it is empty.
pub(super) struct Hash(u64);

/// For each length, the bits of the bytes that a block of that length keeps.
const KEPT: [u128; 16] = {
    let mut kept = [0; 16];
    let mut length = 1;
    while length < 16 {
        kept[length] = u128::MAX >> (8 * (16 - length));
        length += 1;
    }
    kept
};

impl Hash {
    pub const fn new() -> Self {
        Self(0)
    }

    /// Sixteen bytes of the key.
    #[inline(always)]
    pub const fn block(&mut self, block: &Block) {
        let mixed = self.mix(u128::from_le_bytes(*block));
        self.0 = mixed ^ mixed >> 32;
    }

    /// The first `length` bytes of a block, which are the last ones of the key. Keys that differ only in zeros at
    /// their end share a hash, which does no harm.
    #[inline(always)]
    pub const fn finish(self, block: &Block, length: u32) -> u32 {
        (self.mix(u128::from_le_bytes(*block) & KEPT[(length & 15) as usize]) >> 32) as u32
    }

    /// Multiplies by odd numbers without a pattern.
    #[inline(always)]
    const fn mix(&self, bytes: u128) -> u64 {
        let (low, high) = (bytes as u64, (bytes >> 64) as u64);
        let sum = (self.0 ^ low).wrapping_add(high.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        (sum ^ sum >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn keys_as_people_choose_them_rarely_share_a_hash_or_a_half_of_it() {
        let mut keys: Vec<String> = (0..20_000).map(|number| format!("key_{number}")).collect();
        keys.extend((0..20_000).map(|number| format!("partition-{number:08}/offset")));
        keys.extend((0..20_000).map(|number| number.to_string()));
        let hashes: HashSet<u32> = keys.iter().map(|key| hash(key.as_bytes())).collect();
        assert!(hashes.len() + 10 > keys.len(), "{} hashes of {} keys", hashes.len(), keys.len());
        let low: HashSet<u32> = hashes.iter().map(|hash| hash & 0xFFF).collect();
        assert!(low.len() > 0xFF0, "{}", low.len());
    }
}
