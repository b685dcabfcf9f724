//! Which keys of an object repeat an earlier one.
//!
//! Each key of an open object leaves eight bytes on a stack: a hash of what it decodes to, and its place. When the
//! object closes, its keys are compared by hash, and only keys whose hashes agree are compared by content. A small
//! object is compared pair by pair, a larger one through a table, and one whose hashes collide or crowd too often
//! (which only an enemy can bring about) by sorting: no object costs more than `n log n`.
//!
//! `"a"` and `"\u0061"` are the same key, so a key with escapes is decoded before it is hashed.

use super::decode::{CodePoints, decode_into};
use super::hash::{Hash, hash};

/// A key of an object that is open.
#[derive(Clone, Copy)]
struct Key {
    hash: u32,
    /// Where its opening quote is. No database that holds these tables stores a value of more than 4 GiB; in a
    /// larger one, repeated keys are not looked for.
    at: u32,
}

/// The keys of all open objects, innermost last.
pub(super) struct Keys {
    stack: Vec<Key>,
    current: Object,
    outer: Vec<Object>,
    duplicate: Option<usize>,
    had_type: bool,
    decoded: Vec<u8>,
    table: Vec<u32>,
    /// Every pair of equal keys that was met, earlier and later, if someone asked for them.
    pairs: Option<Vec<(usize, usize)>>,
}

/// What is known about the keys of one open object.
#[derive(Clone, Copy)]
struct Object {
    /// Where its keys begin on the stack.
    base: usize,
    /// Two bits for each key, chosen by its hash, and those of `__type`.
    seen: u64,
    /// Whether both bits of some key had been set before it came, so that it may be a repetition, or `__type`.
    suspicious: bool,
}

impl Object {
    const fn new(base: usize) -> Self {
        Self { base, seen: bits_of(TYPE), suspicious: false }
    }
}

/// Up to this many keys are compared pair by pair.
const FEW: usize = 12;

/// The hash of the key `__type`, which the envelope of development builds has.
const TYPE: u32 = Hash::new().finish(b"__type\0\0\0\0\0\0\0\0\0\0", 6);

impl Keys {
    pub const fn new() -> Self {
        Self {
            stack: Vec::new(),
            current: Object::new(0),
            outer: Vec::new(),
            duplicate: None,
            had_type: false,
            decoded: Vec::new(),
            table: Vec::new(),
            pairs: None,
        }
    }

    /// Forgets everything about an earlier text.
    pub fn reset(&mut self) {
        self.stack.clear();
        self.outer.clear();
        self.current = Object::new(0);
        self.duplicate = None;
        self.had_type = false;
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

    /// Whether some key looked like `__type`, so that the value may be the envelope of development builds.
    pub fn had_type(&self) -> bool {
        self.had_type
    }

    /// An object begins that has at least one key.
    #[inline(always)]
    pub fn open_object(&mut self) {
        self.outer.push(self.current);
        self.current = Object::new(self.stack.len());
    }

    /// A key of the innermost object, whose opening quote is at `open`.
    #[inline(always)]
    pub fn push(&mut self, hash: u32, open: usize) {
        let bits = bits_of(hash);
        self.current.suspicious |= self.current.seen & bits == bits;
        self.current.seen |= bits;
        self.stack.push(Key { hash, at: open as u32 });
    }

    /// The innermost object ends: looks for repeated keys and forgets them.
    #[inline(always)]
    pub fn close_object(&mut self, text: &[u8]) {
        if self.current.suspicious {
            self.look_closer(text);
        }
        self.stack.truncate(self.current.base);
        self.current = self.outer.pop().unwrap_or(Object::new(0));
    }

    /// The hash of a key with escapes.
    #[cold]
    pub fn hash_escaped(&mut self, text: &[u8], open: usize) -> u32 {
        self.decoded.clear();
        decode_into(text, open + 1, &mut self.decoded);
        hash(&self.decoded)
    }

    /// Compares the hashes of a small object, and whatever it takes where they agree or are many.
    #[inline(never)]
    fn look_closer(&mut self, text: &[u8]) {
        let keys = &self.stack[self.current.base..];
        self.had_type |= keys.iter().any(|key| key.hash == TYPE);
        let fits = u32::try_from(text.len()).is_ok();
        if fits && (keys.len() > FEW || !all_different(keys)) {
            self.compare(text);
        }
    }

    /// Finds the keys of the innermost object that repeat an earlier one.
    #[cold]
    fn compare(&mut self, text: &[u8]) {
        let count = self.stack.len() - self.current.base;
        if count > 1 << 30 || !self.compare_by_table(text, count) {
            self.compare_by_sorting(text);
        }
    }

    /// Puts every key into a table by its hash. Gives up, saying so, when keys that differ share a hash too often, or
    /// when too many want one place.
    fn compare_by_table(&mut self, text: &[u8], count: usize) -> bool {
        let slots = (count * 2).next_power_of_two();
        self.table.clear();
        self.table.resize(slots, 0);
        // As chance has it, every other key steps aside once, and of a million keys a hundred share a hash.
        let (mut steps_left, mut collisions_left) = (64 + 4 * count, 64 + count / 1024);
        for index in 0..count {
            let key = self.stack[self.current.base + index];
            let mut slot = key.hash as usize & (slots - 1);
            loop {
                let Some(earlier) = self.table[slot].checked_sub(1) else {
                    self.table[slot] = index as u32 + 1;
                    break;
                };
                let earlier = self.stack[self.current.base + earlier as usize];
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
                steps_left -= 1;
                if steps_left == 0 {
                    return false;
                }
                slot = (slot + 1) & (slots - 1);
            }
        }
        true
    }

    /// Sorts the keys by hash, and by content where that is the same. Slower than a table, but no choice of keys makes it
    /// slower than that.
    fn compare_by_sorting(&mut self, text: &[u8]) {
        let mut keys = self.stack[self.current.base..].to_vec();
        let by_content = |a: &Key, b: &Key| code_points(text, *a).cmp(code_points(text, *b));
        keys.sort_by(|a, b| a.hash.cmp(&b.hash).then_with(|| by_content(a, b)).then(a.at.cmp(&b.at)));
        for pair in keys.windows(2) {
            if pair[0].hash == pair[1].hash && same_key(text, pair[0], pair[1]) {
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

/// The two bits by which a key is remembered: with two, a handful of keys seldom look like a repetition.
#[inline(always)]
const fn bits_of(hash: u32) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63)
}

/// Whether no two hashes agree.
fn all_different(keys: &[Key]) -> bool {
    keys.iter().enumerate().all(|(index, key)| keys[index + 1..].iter().all(|later| later.hash != key.hash))
}

#[cold]
fn same_key(text: &[u8], a: Key, b: Key) -> bool {
    code_points(text, a).eq(code_points(text, b))
}

/// What a key decodes to, as far as somebody asks: a long key that differs early costs little.
fn code_points(text: &[u8], key: Key) -> CodePoints<'_> {
    CodePoints::of(&text[key.at as usize + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys of one object, the text that they stand in, and which of them repeats another.
    fn compared(names: &[String]) -> (Keys, String) {
        let (mut keys, mut text) = (Keys::new(), String::new());
        keys.open_object();
        for name in names {
            keys.push(hash(name.as_bytes()), text.len());
            text += &format!("\"{name}\":0,");
        }
        (keys, text)
    }

    /// Names that all want one of the places of a table.
    fn crowded(count: usize) -> Vec<String> {
        let slots = (count * 2).next_power_of_two();
        let wants = |name: &String| (hash(name.as_bytes()) as usize & (slots - 1)) < slots / 64;
        (0..).map(|number| format!("{number:x}")).filter(wants).take(count).collect()
    }

    #[test]
    fn keys_that_crowd_one_place_of_the_table_are_sorted_instead() {
        let mut names = crowded(2_000);
        let (mut keys, text) = compared(&names);
        assert!(!keys.compare_by_table(text.as_bytes(), names.len()), "too many steps");
        keys.close_object(text.as_bytes());
        assert_eq!(keys.duplicate(), None);

        names.push(names[17].clone());
        let (mut keys, text) = compared(&names);
        keys.close_object(text.as_bytes());
        assert_eq!(keys.duplicate(), text.rfind(&format!("\"{}\"", names[17])));
    }

    #[test]
    fn keys_as_people_choose_them_stay_in_the_table() {
        let names: Vec<String> = (0..20_000).map(|number| format!("partition-{number}")).collect();
        let (mut keys, text) = compared(&names);
        assert!(keys.compare_by_table(text.as_bytes(), names.len()));
    }
}
