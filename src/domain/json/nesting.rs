//! Which containers are open, one bit each, so that nesting costs neither recursion nor memory worth the name.

/// A stack of bits: is the container an object? The innermost levels live in a register, and every sixty-four levels
/// further out in one word of a list that the caller keeps.
#[derive(Default)]
pub(super) struct Nesting {
    depth: u32,
    bits: u64,
}

impl Nesting {
    /// How many containers are open.
    #[inline(always)]
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// Whether the innermost container is an object. Meaningless when none is open.
    #[inline(always)]
    pub fn in_object(&self) -> bool {
        self.bits & 1 == 1
    }

    #[inline(always)]
    pub fn open(&mut self, object: bool, outer: &mut Vec<u64>) {
        if self.depth.is_multiple_of(64) && self.depth > 0 {
            outer.push(self.bits);
        }
        self.bits = self.bits << 1 | u64::from(object);
        self.depth += 1;
    }

    #[inline(always)]
    pub fn close(&mut self, outer: &mut Vec<u64>) {
        self.depth -= 1;
        self.bits >>= 1;
        if self.depth.is_multiple_of(64) && self.depth > 0 {
            self.bits = outer.pop().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_every_level_across_words() {
        let mut outer = Vec::new();
        let mut nesting = Nesting::default();
        let kinds: Vec<bool> = (0..300).map(|level| level % 3 == 0 || level % 7 == 0).collect();
        for &object in &kinds {
            nesting.open(object, &mut outer);
            assert_eq!(nesting.in_object(), object);
        }
        for (level, &object) in kinds.iter().enumerate().rev() {
            assert_eq!((nesting.depth() as usize, nesting.in_object()), (level + 1, object));
            nesting.close(&mut outer);
        }
        assert_eq!(nesting.depth(), 0);
    }
}
