//! Counts different things without remembering them all.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many hashes are kept: about 2 MB when full.
const KEPT: usize = 1 << 17;

/// How many different things have been seen.
///
/// Keeps the smallest 64-bit hashes. As long as fewer than [`KEPT`] different ones have come, there are exactly so
/// many (two things with one hash are as likely as one in 2³⁰ then). Beyond, the largest of the smallest hashes tells
/// how densely all of them lie, and so how many there are, within about 0.3 % (Bar-Yossef et al., 2002).
#[derive(Debug)]
pub struct Distinct {
    smallest: BTreeSet<u64>,
    keep: usize,
    overflown: bool,
}

impl Default for Distinct {
    fn default() -> Self {
        Self::keeping(KEPT)
    }
}

impl Distinct {
    /// Exact up to so many different things.
    pub fn keeping(keep: usize) -> Self {
        Self { smallest: BTreeSet::new(), keep, overflown: false }
    }

    /// Sees one thing.
    pub fn insert(&mut self, thing: &(impl Hash + ?Sized)) {
        let mut hasher = DefaultHasher::new();
        thing.hash(&mut hasher);
        self.insert_hash(hasher.finish());
    }

    /// Sees all that another has seen that keeps as much.
    pub fn merge(&mut self, other: Self) {
        self.overflown |= other.overflown;
        other.smallest.into_iter().for_each(|hash| self.insert_hash(hash));
    }

    fn insert_hash(&mut self, hash: u64) {
        self.smallest.insert(hash);
        if self.smallest.len() > self.keep {
            self.smallest.pop_last();
            self.overflown = true;
        }
    }

    /// How many different things there were.
    pub fn count(&self) -> u64 {
        match self.smallest.last() {
            Some(&largest) if self.overflown => {
                let share = largest as f64 / u64::MAX as f64;
                ((self.smallest.len() - 1) as f64 / share).round() as u64
            }
            _ => self.smallest.len() as u64,
        }
    }

    /// Whether the count is only an estimate.
    pub fn is_estimate(&self) -> bool {
        self.overflown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_things_are_counted_exactly_however_often_they_come() {
        let mut distinct = Distinct::default();
        for thing in (0..5_000).chain(0..5_000) {
            distinct.insert(&thing);
        }
        assert_eq!((distinct.count(), distinct.is_estimate()), (5_000, false));
    }

    #[test]
    fn what_two_have_seen_is_counted_once() {
        let (mut one, mut other) = (Distinct::keeping(4_096), Distinct::keeping(4_096));
        (0..60_000).for_each(|thing| one.insert(&thing));
        (40_000..100_000).for_each(|thing| other.insert(&thing));
        one.merge(other);
        assert!(one.is_estimate());
        assert!((94_000..=106_000).contains(&one.count()), "{}", one.count());
    }

    #[test]
    fn many_things_are_estimated_in_bounded_memory() {
        let mut distinct = Distinct::keeping(4_096);
        for thing in 0..100_000 {
            distinct.insert(&thing);
        }
        assert_eq!(distinct.smallest.len(), 4_096);
        assert!(distinct.is_estimate());
        // The standard error is 1/√4096 = 1.6 %; four times that is allowed.
        assert!((94_000..=106_000).contains(&distinct.count()), "{}", distinct.count());
    }
}
