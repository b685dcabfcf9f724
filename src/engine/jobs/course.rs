//! The way that jobs go through the tables together: which window is next, where it ends, and what it taught.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::pacing::{Pace, Read, RowRate, WindowSize};
use super::super::window::Window;
use crate::domain::shard::{Block, Blocks, Shard, Share};
use crate::domain::target::{Key, Scalar, Target};

/// One flagged row in so many is many. To ask whose a row is costs more than ten times what it costs to read that along
/// with a window.
const CROWD: u64 = 10;

/// A table to be read from one key up to another.
#[derive(Debug)]
pub(in super::super) struct Leg {
    pub target: &'static Target,
    /// Behind which key reading begins; without one, at the beginning.
    pub after: Option<Key>,
    pub until: Key,
    /// As in [`Span`](super::super::store::Span).
    pub since: Option<i64>,
    /// What is to be read of it, if not all.
    pub blocks: Option<Blocks>,
}

impl Leg {
    /// What of it is to be read by one of several that share it, if anything is.
    pub fn shared(self, shard: Option<Shard>) -> Option<Self> {
        match shard.map_or(Share::All, |shard| shard.of(self.target)) {
            Share::All => Some(self),
            Share::Blocks(blocks) => Some(Self { blocks: Some(blocks), ..self }),
            Share::Nothing => None,
        }
    }
}

/// The window that is next.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub target: &'static Target,
    /// Behind which key the window begins; without one, at the beginning.
    pub after: Option<Key>,
    /// Where the table ends, or the block.
    pub until: Key,
    pub since: Option<i64>,
    /// The most rows of the window.
    pub rows: u32,
    /// Whether it is cheaper to read of all rows whose they are than to ask for those that are flagged.
    pub crowded: bool,
}

impl Turn {
    /// What reading the window cost. Rows that are left out of it were gone through as well.
    fn spanned(&self, window: &Window) -> Read {
        let read = window.read();
        let rows = if window.next.is_some() { read.rows.max(self.rows.into()) } else { read.rows };
        Read { rows, ..read }
    }

    /// Where the window ends, if that need not be looked for: of whole numbers that are keys, so many stand behind
    /// the last one at most. Where few of them are in use, windows of so many numbers would be many with few rows.
    fn near(&self, dense: bool) -> Option<End> {
        let (after, until) = (self.whole(self.after.as_ref()?)?, self.whole(&self.until)?);
        let end = after.checked_add(i64::from(self.rows)).filter(|&end| end < until);
        dense.then(|| End(end.map(|end| Key(vec![Scalar::Integer(end)]))))
    }

    /// Whether most of the keys from the beginning of a window to its end are in use; nothing where nobody can tell.
    fn was_dense(&self, window: &Window) -> Option<bool> {
        let end = self.whole(window.next.as_ref().unwrap_or(&self.until))?;
        let keys = end.checked_sub(self.whole(self.after.as_ref()?)?)?;
        Some(window.rows * 2 >= keys.unsigned_abs())
    }

    /// The number that is all of a key, and not only its beginning.
    fn whole(&self, key: &Key) -> Option<i64> {
        match key.0.as_slice() {
            [Scalar::Integer(number)] if self.target.key.len() == 1 => Some(*number),
            _ => None,
        }
    }
}

/// Where a window ends that is followed by another; nothing where the table ends with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End(pub Option<Key>);

/// The way, and how far along it the jobs are.
#[derive(Debug)]
pub(super) struct Course {
    legs: VecDeque<Leg>,
    /// Behind which key of the first leg the next window begins.
    after: Option<Key>,
    /// In which block of it; nothing where that is still to be found, or where all of it is to be read.
    block: Option<Block>,
    /// Whether blocks may be empty where the jobs are now.
    sparse: bool,
    /// How many windows were taken.
    taken: u64,
    /// Whether most of the keys are in use where the jobs are now.
    dense: bool,
    /// Whether many of the rows are flagged there.
    crowded: bool,
    size: WindowSize,
    rate: RowRate,
    pace: Pace,
}

impl Course {
    pub fn new(legs: VecDeque<Leg>, pace: Pace) -> Self {
        let (size, rate) = (WindowSize::new(&pace), RowRate::new(&pace));
        let after = beginning(&legs);
        let (block, sparse, dense, crowded) = (None, false, false, false);
        Self { legs, after, block, sparse, taken: 0, dense, crowded, size, rate, pace }
    }

    /// The window that is next; nothing where the tables are at their end.
    pub fn turn(&self) -> Option<Turn> {
        let &Leg { target, ref until, since, .. } = self.legs.front()?;
        let (after, rows, crowded) = (self.after.clone(), self.size.rows(), self.crowded);
        let end = self.block.filter(|block| block.ends_before(until)).map(Block::until);
        Some(Turn { target, after, until: end.unwrap_or_else(|| until.clone()), since, rows, crowded })
    }

    /// Whether the window that is next begins where rows are to be read. Else the first row is to be looked for that stands
    /// behind the beginning of the window, and [`Course::find`] told of it.
    pub fn is_in_place(&self) -> bool {
        self.block.is_some() || self.legs.front().is_none_or(|leg| leg.blocks.is_none())
    }

    /// Goes to the first row that is left of the first leg; or, should that be none of its blocks', to where the next of
    /// these begins. Says whether anything is left at all.
    pub fn find(&mut self, first: Option<&Key>) -> bool {
        let Some(leg) = self.legs.front() else { return false };
        let block = first.zip(leg.blocks).and_then(|(first, blocks)| blocks.at_or_behind(first));
        let Some(block) = block.filter(|block| block.begins_before(&leg.until)) else { return false };
        self.after = self.after.take().filter(|after| block.begins_before(after)).or_else(|| block.after());
        self.block = Some(block).filter(|block| first.is_some_and(|first| block.begins_before(first)));
        true
    }

    /// Where it ends, if that need not be looked for.
    pub fn near(&self, turn: &Turn) -> Option<End> {
        turn.near(self.dense)
    }

    /// Moves on behind a window that ends with this key, or else with its block or table. Gives its number, and where the
    /// next one begins in the same table.
    pub fn take(&mut self, end: Option<Key>) -> (u64, Option<Key>) {
        let next = end.or_else(|| self.next_block());
        self.after.clone_from(&next);
        if next.is_none() {
            self.legs.pop_front();
            self.after = beginning(&self.legs);
            // Nobody knows yet what the next table is like.
            (self.block, self.dense, self.sparse, self.size) = (None, false, false, WindowSize::new(&self.pace));
        }
        self.taken += 1;
        (self.taken - 1, next)
    }

    /// Moves on to the next block of the first leg, if it has one, and says behind what that begins.
    fn next_block(&mut self) -> Option<Key> {
        let leg = self.legs.front()?;
        let next = leg.blocks?.behind(self.block.take()?).filter(|block| block.begins_before(&leg.until))?;
        // Where rows are few, one look finds the next of them, across any number of blocks.
        self.block = Some(next).filter(|_| !self.sparse);
        next.after()
    }

    /// Learns from a window of which so many rows at most could be read at once. Says how long to rest before the next one.
    pub fn learn(&mut self, turn: &Turn, window: &Window, most: u32, now: Instant) -> Duration {
        match most < turn.rows {
            true => self.size.shrink(most),
            false => self.size.learn(turn.spanned(window)),
        }
        self.dense = turn.was_dense(window).unwrap_or(self.dense);
        self.crowded = window.spotted.len() as u64 * CROWD > window.rows;
        self.sparse = window.rows == 0;
        self.rate.rest(window.rows, now)
    }
}

/// Where the first leg begins.
fn beginning(legs: &VecDeque<Leg>) -> Option<Key> {
    legs.front()?.after.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::generations::sample::{assets, tasks};

    fn id(id: i64) -> Key {
        Key(vec![Scalar::Integer(id)])
    }

    fn asset(id: i64, key: &str) -> Key {
        Key(vec![Scalar::Integer(id), Scalar::Text(key.to_owned())])
    }

    fn read(rows: u64, next: Option<Key>) -> Window {
        // Wide rows, read neither fast nor slowly, so the size stays.
        Window { rows, bytes: 1 << 20, next, took: Duration::from_millis(150), ..Window::default() }
    }

    fn course(legs: impl IntoIterator<Item = Leg>) -> Course {
        Course::new(legs.into_iter().collect(), Pace::default())
    }

    #[test]
    fn windows_are_numbered_in_the_order_of_tables_and_keys() {
        let leg = |target, after, until| Leg { target, after, until, since: None, blocks: None };
        let last = leg(assets(), Some(asset(0, "z")), asset(3, "c"));
        let mut course = course([leg(tasks(), None, id(9)), last]);
        let steps = [
            (tasks(), None, Some(id(5))),
            (tasks(), Some(id(5)), None),
            (assets(), Some(asset(0, "z")), Some(asset(1, "b"))),
            (assets(), Some(asset(1, "b")), None),
        ];
        for (number, (target, after, next)) in (0..).zip(steps) {
            let turn = course.turn().expect("a window");
            assert_eq!((&turn.target.table, turn.after), (&target.table, after));
            assert_eq!(course.take(next.clone()), (number, next));
        }
        assert!(course.turn().is_none(), "the tables are at their end");
    }

    #[test]
    fn where_most_ids_are_in_use_a_window_ends_so_many_further() {
        let cases = [
            // Dense; the end of the table behind the window, and within it.
            (60, id(1_000), Some(End(Some(id(164))))),
            (50, id(1_000), Some(End(Some(id(164))))),
            (60, id(164), Some(End(None))),
            (60, id(i64::MAX), Some(End(Some(id(164))))),
            // Sparse.
            (49, id(1_000), None),
            (0, id(1_000), None),
        ];
        for (rows, until, expected) in cases {
            let (after, until) = (Some(id(0)), until.clone());
            let turn = Turn { target: tasks(), after, until: until.clone(), since: None, rows: 64, crowded: false };
            let mut course = course([Leg { target: tasks(), after: None, until, since: None, blocks: None }]);
            course.take(Some(id(100)));
            course.learn(&turn, &read(rows, Some(id(100))), turn.rows, Instant::now());
            assert_eq!(course.near(&course.turn().expect("a window")), expected, "{rows} of 100 ids in use");
        }
    }

    #[test]
    fn the_end_of_a_window_is_looked_for_where_keys_are_no_numbers_or_nobody_knows_yet() {
        let turn = |after, until| Turn { target: tasks(), after, until, since: None, rows: 64, crowded: false };
        let known = |dense, after, until| turn(after, until).near(dense);
        assert_eq!(known(true, None, id(1_000)), None, "nobody knows where ids begin");
        assert_eq!(known(false, Some(id(1)), id(1_000)), None);
        assert_eq!(known(true, Some(asset(1, "a")), asset(9, "z")), None);
        assert_eq!(known(true, Some(id(i64::MAX - 3)), id(i64::MAX)), Some(End(None)));
    }

    /// The blocks of a shard as a course goes through them: behind what each window begins, and up to where. `rows` are all
    /// there are.
    fn walk(shard: &str, target: &'static Target, rows: &[Key]) -> Vec<(Option<Key>, Key)> {
        let number = |key: &Key| key.0[0].as_integer().expect("a number");
        let shard: Shard = shard.parse().expect("a shard");
        let until = rows.last().expect("a row").clone();
        let leg = Leg { target, after: None, until, since: None, blocks: None }.shared(Some(shard));
        let (mut course, mut windows) = (course(leg), Vec::new());
        while let Some(turn) = course.turn() {
            if !course.is_in_place() {
                let behind = |row: &&Key| turn.after.as_ref().is_none_or(|after| number(row) > number(after));
                if !course.find(rows.iter().find(behind)) {
                    course.take(None);
                }
                continue;
            }
            let within = |row: &&Key| {
                turn.after.as_ref().is_none_or(|after| number(row) > number(after))
                    && number(row) <= number(&turn.until)
            };
            let seen = rows.iter().filter(within).count() as u64;
            course.learn(&turn, &read(seen, None), turn.rows, Instant::now());
            course.take(None);
            windows.push((turn.after, turn.until));
        }
        windows
    }

    #[test]
    fn a_shard_goes_from_block_to_block_and_looks_for_the_next_where_one_was_empty() {
        const BLOCK: i64 = 16_384;
        let end = |block: i64| (block + 1) * BLOCK - 1;
        let rows = [5, 9, 3 * BLOCK, 3 * BLOCK + 7, 1_001 * BLOCK + 3].map(id);
        let all = [(-1, end(0)), (end(0), end(1)), (end(2), end(3)), (end(3), end(4)), (end(1_000), 1_001 * BLOCK + 3)];
        let cases = [("1/1", all.to_vec()), ("1/3", vec![all[0], all[2], (end(5), end(6))]), ("3/3", vec![all[4]])];
        for (shard, expected) in cases {
            let expected: Vec<_> = expected.into_iter().map(|(after, until)| (Some(id(after)), id(until))).collect();
            assert_eq!(walk(shard, tasks(), &rows), expected, "{shard}");
        }
    }

    #[test]
    fn the_beginning_of_a_key_of_several_columns_is_not_taken_for_all_of_it() {
        let rows: Vec<Key> = (0..40).map(|number| asset(number, "k")).collect();
        assert_eq!(walk("1/2", assets(), &rows), [(Some(id(-1)), id(15)), (Some(id(31)), asset(39, "k"))]);
        let leg = Leg { target: assets(), after: None, until: asset(39, "k"), since: None, blocks: None };
        let mut course = course(leg.shared("1/1".parse().ok()));
        assert!(course.find(Some(&asset(0, "k"))));
        let turn = course.turn().expect("a window");
        course.learn(&turn, &read(16, None), turn.rows, Instant::now());
        course.take(None);
        assert_eq!(course.near(&course.turn().expect("a window")), None, "an asset has any number of rows");
    }

    #[test]
    fn windows_grow_where_rows_are_left_out_of_them() {
        let leg = Leg { target: tasks(), after: None, until: id(1_000_000), since: Some(7), blocks: None };
        let mut course = course([leg]);
        for end in 1..=20 {
            let turn = course.turn().expect("a window");
            let window = Window { took: Duration::from_millis(1), ..read(0, Some(id(end))) };
            course.learn(&turn, &window, turn.rows, Instant::now());
            course.take(Some(id(end)));
        }
        assert_eq!(course.turn().expect("a window").rows, 32_768);
    }

    #[test]
    fn jobs_share_one_rate() {
        let pace = Pace { max_rows_per_second: Some(100), ..Pace::default() };
        let leg = Leg { target: tasks(), after: None, until: id(1_000), since: None, blocks: None };
        let mut course = Course::new([leg].into(), pace);
        let (turn, now) = (course.turn().expect("a window"), Instant::now() + Duration::from_secs(1));
        let mut rest = || course.learn(&turn, &read(50, Some(id(50))), turn.rows, now);
        assert_eq!([rest(), rest(), rest()], [500, 1_000, 1_500].map(Duration::from_millis));
    }
}
