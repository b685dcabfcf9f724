//! Which keys of an object repeat an earlier one.
//!
//! Each key of an open object leaves eight bytes on a stack: a hash of what it decodes to, and its place. When the
//! object closes, its keys are compared by hash, and only keys whose hashes agree are compared by content. A small
//! object is compared pair by pair, a larger one through a table, and one whose hashes collide too often (which
//! only an enemy can bring about) by sorting: no object costs more than `n log n`.
//!
//! `"a"` and `"\u0061"` are the same key, so a key with escapes is decoded before it is hashed.

use std::cmp::Ordering;

use super::decode::decode_into;

/// A key of an object that is open.
#[derive(Clone, Copy)]
struct Key {
    hash: u32,
    /// Where its opening quote is. No database that holds these tables stores a value of more than 4 GiB; beyond
    /// that, places saturate and duplicates are not found.
    at: u32,
}

/// The keys of all open objects, innermost last.
#[derive(Default)]
pub(super) struct Keys {
    stack: Vec<Key>,
    /// Where the keys of the innermost object begin on the stack.
    base: usize,
    duplicate: Option<usize>,
    decoded: Vec<u8>,
    table: Vec<u32>,
    /// Every pair of equal keys that was met, earlier and later, if someone asked for them.
    pairs: Option<Vec<(usize, usize)>>,
}

/// Up to this many keys are compared pair by pair.
const FEW: usize = 12;

impl Keys {
    pub const fn new() -> Self {
        Self { stack: Vec::new(), base: 0, duplicate: None, decoded: Vec::new(), table: Vec::new(), pairs: None }
    }

    /// Forgets everything about an earlier text.
    pub fn reset(&mut self) {
        self.stack.clear();
        self.base = 0;
        self.duplicate = None;
    }

    /// Asks for every pair of equal keys from now on.
    pub fn collect_pairs(&mut self) {
        self.pairs = Some(Vec::new());
    }

    /// The pairs of equal keys that were met, by their places; asking ends the collection.
    pub fn take_pairs(&mut self) -> Vec<(usize, usize)> {
        self.pairs.take().unwrap_or_default()
    }

    /// The first key that repeats an earlier one.
    pub fn duplicate(&self) -> Option<usize> {
        self.duplicate
    }

    /// An object begins that has at least one key.
    #[inline(always)]
    pub fn open_object(&mut self) {
        // The outer object's base is kept on the stack, in the slot before the first key.
        self.stack.push(Key { hash: 0, at: self.base as u32 });
        self.base = self.stack.len();
    }

    /// A key of the innermost object, from its opening quote to the byte after the closing one.
    #[inline(always)]
    pub fn push(&mut self, text: &[u8], open: usize, end: usize, escaped: bool) {
        let hash = if escaped { self.hash_escaped(text, open) } else { hash(&text[open + 1..end - 1]) };
        self.stack.push(Key { hash, at: u32::try_from(open).unwrap_or(u32::MAX) });
    }

    /// The innermost object ends: looks for repeated keys and forgets them.
    #[inline(always)]
    pub fn close_object(&mut self, text: &[u8]) {
        match &self.stack[self.base..] {
            [_] => {}
            [a, b] if a.hash != b.hash => {}
            few if few.len() <= FEW && all_different(few) => {}
            _ => self.compare(text),
        }
        self.stack.truncate(self.base);
        self.base = self.stack.pop().map_or(0, |slot| slot.at as usize);
    }

    /// Whether the innermost object has the keys `__type` and `__var`.
    pub fn is_envelope(&self, text: &[u8]) -> bool {
        let mut decoded = Vec::new();
        ["__type", "__var"].iter().all(|name| {
            let wanted = hash(name.as_bytes());
            self.stack[self.base..].iter().any(|key| {
                key.hash == wanted && {
                    decoded.clear();
                    decode_into(text, key.at as usize + 1, &mut decoded);
                    decoded == name.as_bytes()
                }
            })
        })
    }

    #[cold]
    fn hash_escaped(&mut self, text: &[u8], open: usize) -> u32 {
        self.decoded.clear();
        decode_into(text, open + 1, &mut self.decoded);
        hash(&self.decoded)
    }

    /// Finds the keys of the innermost object that repeat an earlier one.
    #[cold]
    #[inline(never)]
    fn compare(&mut self, text: &[u8]) {
        let count = self.stack.len() - self.base;
        if count > 1 << 30 || !self.compare_by_table(text, count) {
            self.compare_by_sorting(text);
        }
    }

    /// Puts every key into a table by its hash. Gives up, saying so, when keys that differ share a hash too often.
    fn compare_by_table(&mut self, text: &[u8], count: usize) -> bool {
        let slots = (count * 2).next_power_of_two();
        self.table.clear();
        self.table.resize(slots, 0);
        let mut collisions_left = 64 + count / 4;
        for index in 0..count {
            let key = self.stack[self.base + index];
            let mut slot = key.hash as usize & (slots - 1);
            loop {
                let Some(earlier) = self.table[slot].checked_sub(1) else {
                    self.table[slot] = index as u32 + 1;
                    break;
                };
                let earlier = self.stack[self.base + earlier as usize];
                if earlier.hash == key.hash {
                    if same_key(text, earlier, key) {
                        self.table[slot] = index as u32 + 1;
                        self.repeats(earlier, key);
                        break;
                    }
                    collisions_left -= 1;
                    if collisions_left == 0 {
                        return false;
                    }
                }
                slot = (slot + 1) & (slots - 1);
            }
        }
        true
    }

    /// Sorts the keys by content. Slower than a table, but no choice of keys makes it slower than that.
    fn compare_by_sorting(&mut self, text: &[u8]) {
        let mut keys = self.stack[self.base..].to_vec();
        keys.sort_by(|a, b| order(text, *a, *b).then(a.at.cmp(&b.at)));
        for pair in keys.windows(2) {
            if same_key(text, pair[0], pair[1]) {
                self.repeats(pair[0], pair[1]);
            }
        }
    }

    fn repeats(&mut self, earlier: Key, later: Key) {
        let at = later.at as usize;
        self.duplicate = Some(self.duplicate.map_or(at, |first| first.min(at)));
        if let Some(pairs) = &mut self.pairs {
            pairs.push((earlier.at as usize, at));
        }
    }
}

/// Whether no two hashes agree.
#[inline(always)]
fn all_different(keys: &[Key]) -> bool {
    keys.iter().enumerate().all(|(index, key)| keys[index + 1..].iter().all(|later| later.hash != key.hash))
}

#[cold]
fn same_key(text: &[u8], a: Key, b: Key) -> bool {
    order(text, a, b) == Ordering::Equal
}

/// Orders two keys by what they decode to, which is also the order of their code points.
fn order(text: &[u8], a: Key, b: Key) -> Ordering {
    let decoded = |key: Key| {
        let mut out = Vec::new();
        decode_into(text, key.at as usize + 1, &mut out);
        out
    };
    decoded(a).cmp(&decoded(b))
}

/// A hash of all bytes of a key. Not proof against someone who chooses the keys; [`Keys::compare`] is.
#[inline(always)]
fn hash(content: &[u8]) -> u32 {
    let mut state = content.len() as u64 ^ 0x9E37_79B9_7F4A_7C15;
    let mut words = content.chunks_exact(8);
    for word in &mut words {
        state = mix(state ^ u64::from_le_bytes(word.try_into().unwrap_or_default()));
    }
    let rest = words.remainder();
    let mut last = 0;
    for &byte in rest {
        last = last << 8 | u64::from(byte);
    }
    (mix(state ^ last) >> 32) as u32
}

/// Multiplies to 128 bits and folds the halves.
#[inline(always)]
fn mix(word: u64) -> u64 {
    let product = u128::from(word) * 0xD6E8_FEB8_6659_FD93_u128;
    product as u64 ^ (product >> 64) as u64
}
