//! Tells which names occur most without remembering them all.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::distinct::Distinct;
use crate::domain::target::Scalar;

/// How many names are told apart at once.
const KEPT: usize = 1 << 10;

/// How many different names are counted exactly.
const COUNTED: usize = 1 << 12;

/// How often names occur: exactly, as long as there are no more than [`KEPT`] of them.
///
/// When there are more, every count is lowered by the median of all, and what has nothing left is forgotten, which is
/// half of the names at least (Anderson et al., 2017). So a count lacks [`Frequent::lacking`] at most, and a name
/// that occurs more often than that is never missing.
#[derive(Debug)]
pub struct Frequent {
    /// By their hashes. Two of so few names with one hash are as likely as one in 2⁴⁴.
    names: HashMap<u64, (Vec<Scalar>, u64)>,
    distinct: Distinct,
    lacking: u64,
    all: u64,
}

impl Default for Frequent {
    fn default() -> Self {
        Self { names: HashMap::new(), distinct: Distinct::keeping(COUNTED), lacking: 0, all: 0 }
    }
}

impl Frequent {
    /// Counts a name, which may have several parts.
    pub fn add<'n>(&mut self, name: impl Iterator<Item = &'n Scalar> + Clone) {
        let mut hasher = DefaultHasher::new();
        name.clone().for_each(|part| part.hash(&mut hasher));
        let hash = hasher.finish();
        self.all += 1;
        match self.names.get_mut(&hash) {
            Some((_, times)) => *times += 1,
            None => {
                self.distinct.insert(&hash);
                self.names.insert(hash, (name.cloned().collect(), 1));
                self.make_room();
            }
        }
    }

    /// Counts all that another has counted.
    pub fn merge(&mut self, other: Self) {
        for (hash, (name, times)) in other.names {
            self.names.entry(hash).or_insert((name, 0)).1 += times;
        }
        self.distinct.merge(other.distinct);
        self.lacking += other.lacking;
        self.all += other.all;
        self.make_room();
    }

    fn make_room(&mut self) {
        if self.names.len() <= KEPT {
            return;
        }
        let mut counts: Vec<u64> = self.names.values().map(|(_, times)| *times).collect();
        let middle = counts.len() / 2;
        let (_, &mut median, _) = counts.select_nth_unstable(middle);
        self.lacking += median;
        self.names.retain(|_, (_, times)| {
            *times = times.saturating_sub(median);
            *times > 0
        });
    }

    /// The names that occur most, most frequent first, and how often they do at least.
    pub fn most(&self, most: usize) -> Vec<(&[Scalar], u64)> {
        let mut names: Vec<(&[Scalar], u64)> =
            self.names.values().map(|(name, times)| (name.as_slice(), *times)).collect();
        names.sort_by(|(a, often), (b, as_often)| as_often.cmp(often).then_with(|| parts(a).cmp(parts(b))));
        names.truncate(most);
        names
    }

    /// How many different names there are.
    pub const fn distinct(&self) -> &Distinct {
        &self.distinct
    }

    /// How much more often than counted a name may occur at most.
    pub const fn lacking(&self) -> u64 {
        self.lacking
    }

    /// How many names were counted, the same ones each time.
    pub const fn all(&self) -> u64 {
        self.all
    }
}

/// What names are put in order by.
fn parts(name: &[Scalar]) -> impl Iterator<Item = (Option<i64>, Option<&str>)> {
    name.iter().map(|part| (part.as_integer(), part.as_text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(numbers: impl IntoIterator<Item = i64>) -> Frequent {
        let mut frequent = Frequent::default();
        numbers.into_iter().for_each(|number| frequent.add([Scalar::Integer(number)].iter()));
        frequent
    }

    fn most(frequent: &Frequent, most: usize) -> Vec<(i64, u64)> {
        let most = frequent.most(most).into_iter();
        most.map(|(name, times)| (name[0].as_integer().expect("a number"), times)).collect()
    }

    #[test]
    fn few_names_are_counted_exactly_and_listed_by_how_often_they_occur() {
        let frequent = counted([3, 1, 2, 3, 1, 3]);
        assert_eq!(most(&frequent, 2), [(3, 3), (1, 2)]);
        assert_eq!((frequent.distinct().count(), frequent.lacking(), frequent.all()), (3, 0, 6));
    }

    #[test]
    fn names_that_are_as_frequent_stand_in_their_order() {
        assert_eq!(most(&counted([20, 3, 100]), 3), [(3, 1), (20, 1), (100, 1)]);
    }

    /// A thousand times −1 among so many others, each of which occurs once: at the beginning, at the end, or all along.
    #[test]
    fn what_is_frequent_is_found_among_very_many_names_wherever_it_stands() {
        let others = 0..200_000;
        let often = || std::iter::repeat_n(-1, 1_000);
        let spread = others.clone().flat_map(|number| [number].into_iter().chain((number % 200 == 0).then_some(-1)));
        let orders: [Box<dyn Iterator<Item = i64>>; 3] =
            [Box::new(often().chain(others.clone())), Box::new(others.clone().chain(often())), Box::new(spread)];
        for numbers in orders {
            let frequent = counted(numbers);
            assert!(frequent.names.len() <= KEPT);
            let [(first, times)] = most(&frequent, 1)[..] else { panic!("one name") };
            assert_eq!(first, -1);
            assert!(times <= 1_000 && times + frequent.lacking() >= 1_000, "{times} and {}", frequent.lacking());
        }
    }

    #[test]
    fn two_counts_add_up_to_one() {
        let mut both = counted([1, 1, 2]);
        both.merge(counted([1, 3, 3, 3, 3]));
        assert_eq!(most(&both, 3), [(3, 4), (1, 3), (2, 1)]);
        assert_eq!((both.distinct().count(), both.all()), (3, 8));
    }
}
