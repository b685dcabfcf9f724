//! The rows that the last check flagged, for looking up those of this one.

use std::hash::{BuildHasher as _, RandomState};

use crate::domain::target::Key;

/// What a flagged row is to whoever has seen the last check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// It was not flagged, or was not there.
    New,
    /// It was flagged, with another value: somebody has written a bad one again.
    Changed,
    /// It was flagged, with this value.
    Still,
    /// There is nothing to compare it with.
    Unknown,
}

/// The rows that the last check flagged, 17 bytes for each: a hash of its key, the beginning of its value's digest, and
/// whether it has been met again.
///
/// Among a million keys two have the same hash once in 37 million checks. A row then counts as changed, not as another.
#[derive(Debug, Default)]
pub struct Before {
    hasher: RandomState,
    /// In the order of the hashes, once it is complete.
    rows: Vec<(u64, u64)>,
    met: Vec<bool>,
}

impl Before {
    /// Takes one more row of the last check.
    pub fn remember(&mut self, table: usize, key: &Key, value: u64) {
        self.rows.push((self.hash(table, key), value));
    }

    /// Gets ready for looking up, now that all rows are there.
    pub fn complete(&mut self) {
        self.rows.sort_unstable();
        self.met = vec![false; self.rows.len()];
    }

    /// Compares a flagged row of this check, and remembers that it was met.
    pub fn meet(&mut self, table: usize, key: &Key, value: u64) -> Novelty {
        match self.place(table, key) {
            None => Novelty::New,
            Some(place) => {
                self.met[place] = true;
                if self.rows[place].1 == value { Novelty::Still } else { Novelty::Changed }
            }
        }
    }

    /// Whether a row of the last check has been met in this one.
    pub fn has_met(&self, table: usize, key: &Key) -> bool {
        self.place(table, key).is_some_and(|place| self.met[place])
    }

    fn place(&self, table: usize, key: &Key) -> Option<usize> {
        let hash = self.hash(table, key);
        self.rows.binary_search_by_key(&hash, |(hash, _)| *hash).ok()
    }

    fn hash(&self, table: usize, key: &Key) -> u64 {
        self.hasher.hash_one((table, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::target::Scalar;

    fn key(id: i64) -> Key {
        Key(vec![Scalar::Integer(id)])
    }

    #[test]
    fn a_row_is_recognised_by_its_table_its_key_and_its_value() {
        let mut before = Before::default();
        for id in 0..1_000 {
            before.remember(0, &key(id), id.unsigned_abs());
        }
        before.remember(1, &key(5), 77);
        before.complete();
        let cases = [
            (0, 5, 5, Novelty::Still),
            (0, 999, 999, Novelty::Still),
            (0, 6, 5, Novelty::Changed),
            (0, 1_000, 5, Novelty::New),
            (1, 5, 77, Novelty::Still),
            (1, 6, 6, Novelty::New),
            (2, 5, 5, Novelty::New),
        ];
        for (table, id, value, novelty) in cases {
            assert_eq!(before.meet(table, &key(id), value), novelty, "{id} of table {table}");
        }
        let met = |table| (0..1_001).filter(|&id| before.has_met(table, &key(id))).collect::<Vec<_>>();
        assert_eq!((met(0), met(1), met(2)), (vec![5, 6, 999], vec![5], vec![]));
    }

    #[test]
    fn a_key_of_text_is_not_taken_for_one_of_numbers() {
        let text = |text: &str| Key(vec![Scalar::Text(text.to_owned())]);
        let mut before = Before::default();
        before.remember(0, &text("7"), 1);
        before.complete();
        assert_eq!(before.meet(0, &key(7), 1), Novelty::New);
        assert_eq!(before.meet(0, &text("7"), 1), Novelty::Still);
    }

    #[test]
    fn nothing_is_known_before_there_was_a_check() {
        let mut before = Before::default();
        before.complete();
        assert_eq!(before.meet(0, &key(1), 1), Novelty::New);
        assert!(!before.has_met(0, &key(1)));
    }
}
