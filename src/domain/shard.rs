//! Shards: how several processes share the rows of a table, without asking each other.
//!
//! The keys of a table are cut into blocks by the number that they begin with, and the blocks are dealt out in turn. So
//! whose a row is follows from its key alone: every row belongs to exactly one shard, whenever it comes, whatever is
//! deleted beside it, and wherever a process believes the table to end. A table whose keys begin with a text is not cut;
//! it belongs to the first shard.

use std::fmt;
use std::num::NonZero;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::target::{ColumnType, Key, Scalar, Target};

/// Two to the power of so many ids are in one block where they are all of a key: enough that the way to a server does not
/// count, and few enough that a table of some ten thousand rows is shared, too.
const ID_BITS: u32 = 14;

/// The same where each number stands for many rows, as an asset does.
const GROUP_BITS: u32 = 4;

/// One of several processes that share the work: `2/4` is the second of four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    index: NonZero<u32>,
    count: NonZero<u32>,
}

impl Shard {
    /// More would have less than a connection each on most servers.
    pub const MOST: u32 = 1_000;

    /// Which one it is, from 1.
    pub const fn index(self) -> u32 {
        self.index.get()
    }

    /// How many share the work.
    pub const fn count(self) -> u32 {
        self.count.get()
    }

    /// What of a table's rows is this shard's.
    pub fn of(self, target: &Target) -> Share {
        match target.key.as_slice() {
            [only] if only.holds == ColumnType::Integer => Share::Blocks(Blocks { shard: self, bits: ID_BITS }),
            [first, ..] if first.holds == ColumnType::Integer => {
                Share::Blocks(Blocks { shard: self, bits: GROUP_BITS })
            }
            _ if self.index() == 1 => Share::All,
            _ => Share::Nothing,
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

/// Why a text names no shard.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    #[error("a shard is two numbers, such as 2/4 for the second of four")]
    Form,
    #[error("shards are counted from 1, and there are {} at most", Shard::MOST)]
    Number,
    #[error("there is no shard {0} of {1}")]
    Beyond(u32, u32),
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| ShardError::Form);
        let (index, count) = text.split_once('/').ok_or(ShardError::Form)?;
        let (index, count) = (number(index)?, number(count)?);
        if index > count {
            return Err(ShardError::Beyond(index, count));
        }
        let numbers = NonZero::new(index).zip(NonZero::new(count)).filter(|_| count <= Self::MOST);
        numbers.map(|(index, count)| Self { index, count }).ok_or(ShardError::Number)
    }
}

impl TryFrom<String> for Shard {
    type Error = ShardError;

    fn try_from(text: String) -> Result<Self, ShardError> {
        text.parse()
    }
}

/// Whether two runs work on no row both, whatever their tables. What is no shard is all rows.
pub fn are_apart(one: Option<Shard>, other: Option<Shard>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one.count == other.count && one.index != other.index)
}

/// What of a table's rows a shard has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    All,
    Blocks(Blocks),
    Nothing,
}

/// The blocks of a table that a shard has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    shard: Shard,
    /// A block has two to the power of so many numbers.
    bits: u32,
}

/// A block: the rows whose keys begin with a number from the first to the last of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    first: i64,
    last: i64,
}

impl Blocks {
    /// The shard's first block that has keys like this one or behind it; nothing where numbers end before.
    pub fn at_or_behind(self, key: &Key) -> Option<Block> {
        self.at_or_behind_block(first_number(key)? >> self.bits)
    }

    /// The shard's next block behind one of them.
    pub fn behind(self, block: Block) -> Option<Block> {
        self.at_or_behind_block((block.last >> self.bits) + 1)
    }

    fn at_or_behind_block(self, number: i64) -> Option<Block> {
        let (index, count) = (i64::from(self.shard.index() - 1), i64::from(self.shard.count()));
        let number = number + (index - number).rem_euclid(count);
        let first = number.checked_mul(1 << self.bits)?;
        Some(Block { first, last: first | ((1 << self.bits) - 1) })
    }
}

impl Block {
    /// Behind what the block begins, as the beginning of a key, which compares with as many columns as it has; nothing
    /// where nothing can stand before the block.
    pub fn after(self) -> Option<Key> {
        self.first.checked_sub(1).map(beginning)
    }

    /// What it ends with, in the same form.
    pub fn until(self) -> Key {
        beginning(self.last)
    }

    /// Whether a key is in the block or behind it.
    pub fn begins_before(self, key: &Key) -> bool {
        first_number(key).is_some_and(|number| self.first <= number)
    }

    /// Whether a key stands behind the block.
    pub fn ends_before(self, key: &Key) -> bool {
        first_number(key).is_some_and(|number| self.last < number)
    }
}

fn beginning(number: i64) -> Key {
    Key(vec![Scalar::Integer(number)])
}

fn first_number(key: &Key) -> Option<i64> {
    key.0.first()?.as_integer()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::generations::sample::{assets, targets, tasks};
    use super::super::target::Column;
    use super::*;

    fn shard(text: &str) -> Shard {
        text.parse().expect("a shard")
    }

    fn blocks(shard: Shard, target: &Target) -> Blocks {
        match shard.of(target) {
            Share::Blocks(blocks) => blocks,
            other => panic!("{shard} has {other:?} of {}", target.table),
        }
    }

    fn is_in(block: Block, number: i64) -> bool {
        block.begins_before(&beginning(number)) && !block.ends_before(&beginning(number))
    }

    #[test]
    fn a_shard_is_read_as_it_is_written() {
        for text in ["1/1", "2/4", "1000/1000"] {
            assert_eq!(shard(text).to_string(), text);
        }
        let cases = [
            ("", ShardError::Form),
            ("2", ShardError::Form),
            ("2/", ShardError::Form),
            ("-1/4", ShardError::Form),
            ("1/2/3", ShardError::Form),
            ("0/4", ShardError::Number),
            ("0/0", ShardError::Number),
            ("1/1001", ShardError::Number),
            ("5/4", ShardError::Beyond(5, 4)),
        ];
        for (text, error) in cases {
            assert_eq!(text.parse::<Shard>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn only_other_shards_of_as_many_are_apart() {
        let cases = [
            (Some("1/4"), Some("2/4"), true),
            (Some("2/4"), Some("2/4"), false),
            (Some("1/4"), Some("2/3"), false),
            (Some("1/1"), None, false),
            (None, None, false),
        ];
        for (one, other, expected) in cases {
            assert_eq!(are_apart(one.map(shard), other.map(shard)), expected, "{one:?} and {other:?}");
            assert_eq!(are_apart(other.map(shard), one.map(shard)), expected, "{other:?} and {one:?}");
        }
    }

    #[test]
    fn what_begins_with_no_number_belongs_to_the_first_shard() {
        let text = Column { name: "key".to_owned(), holds: ColumnType::Text };
        let target = Target { key: vec![text, tasks().key[0].clone()], ..tasks().clone() };
        assert_eq!(
            ["1/3", "2/3", "3/3"].map(|text| shard(text).of(&target)),
            [Share::All, Share::Nothing, Share::Nothing]
        );
    }

    #[test]
    fn blocks_of_ids_are_large_and_those_of_assets_small() {
        let of = |target| blocks(shard("2/3"), target).at_or_behind(&beginning(0)).expect("a block");
        assert_eq!(of(tasks()), Block { first: 16_384, last: 32_767 });
        assert_eq!(of(assets()), Block { first: 16, last: 31 });
        assert_eq!(of(targets(1)[0]), Block { first: 16, last: 31 });
    }

    #[test]
    fn blocks_reach_both_ends_of_the_numbers() {
        let every = blocks(shard("1/1"), tasks());
        let first = every.at_or_behind(&beginning(i64::MIN)).expect("the first block");
        assert_eq!((first.after(), is_in(first, i64::MIN)), (None, true));
        let last = every.at_or_behind(&beginning(i64::MAX)).expect("the last block");
        assert_eq!((last.until(), every.behind(last)), (beginning(i64::MAX), None));
        assert_eq!(blocks(shard("1/7"), tasks()).at_or_behind(&beginning(i64::MAX)), None);
    }

    proptest! {
        #[test]
        fn every_key_belongs_to_exactly_one_shard(number in any::<i64>(), count in 1..20u32) {
            let has = |index| {
                let block = blocks(shard(&format!("{index}/{count}")), tasks()).at_or_behind(&beginning(number));
                block.is_some_and(|block| is_in(block, number))
            };
            prop_assert_eq!((1..=count).filter(|&index| has(index)).count(), 1);
        }

        #[test]
        fn whoever_goes_from_block_to_block_misses_none_of_the_shards(from in -9_000i64..9_000, count in 1..9u32) {
            let blocks = blocks(shard(&format!("1/{count}")), assets());
            let first = blocks.at_or_behind(&beginning(from)).expect("a block");
            let walk: Vec<Block> = std::iter::successors(Some(first), |&block| blocks.behind(block)).take(20).collect();
            let end = walk[19].last;
            for number in from..=end {
                let own = blocks.at_or_behind(&beginning(number)).is_some_and(|block| is_in(block, number));
                prop_assert_eq!(own, walk.iter().any(|&block| is_in(block, number)), "{}", number);
            }
        }
    }
}
