//! The values that runs have made of strings: JSON that no task wrote.
//!
//! A rule may take values that parse for the strings of old, by their age. What an earlier run has decoded is just as old
//! and parses as well, and nothing in it says that it has been a string once. The journal says so.

use std::hash::{BuildHasher, RandomState};

use crate::domain::target::Key;

/// What the journal calls a copy of such a value.
pub const MADE: &str = "made";

/// Which values runs have made. It holds eight bytes for each of them.
#[derive(Clone, Debug, Default)]
pub struct Made {
    hashes: Vec<u64>,
    state: RandomState,
}

impl Made {
    /// Remembers a value by its digest. [`Made::has`] knows it once all have been learned.
    pub fn learn(&mut self, table: &str, key: &Key, sha256: &[u8; 32]) {
        self.hashes.push(self.state.hash_one((table, key, sha256)));
    }

    /// To be called when all values have been learned.
    #[must_use]
    pub fn complete(mut self) -> Self {
        self.hashes.sort_unstable();
        self
    }

    /// Whether a run has made this value of this row.
    pub fn has(&self, table: &str, key: &Key, sha256: &[u8; 32]) -> bool {
        !self.hashes.is_empty() && self.hashes.binary_search(&self.state.hash_one((table, key, sha256))).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::target::Scalar;

    #[test]
    fn a_value_is_known_by_its_row_and_its_digest() {
        let key = |id| Key(vec![Scalar::Integer(id)]);
        let mut made = Made::default();
        for id in [3, 1, 2] {
            made.learn("task_state_store", &key(id), &[7; 32]);
        }
        let made = made.complete();
        assert!(made.has("task_state_store", &key(1), &[7; 32]));
        assert!(!made.has("task_state_store", &key(4), &[7; 32]));
        assert!(!made.has("task_state_store", &key(1), &[8; 32]));
        assert!(!made.has("task_store", &key(1), &[7; 32]));
        assert!(!Made::default().has("task_state_store", &key(1), &[7; 32]));
    }
}
