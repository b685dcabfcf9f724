//! The way that jobs go through the tables together: which window is next, where it ends, and what it taught.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::pacing::{Pace, RowRate, WindowSize};
use super::super::window::Window;
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
}

/// The window that is next.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub target: &'static Target,
    /// Behind which key the window begins; without one, at the beginning.
    pub after: Option<Key>,
    /// Where the table ends.
    pub until: Key,
    pub since: Option<i64>,
    /// The most rows of the window.
    pub rows: u32,
    /// Whether it is cheaper to read of all rows whose they are than to ask for those that are flagged.
    pub crowded: bool,
}

impl Turn {
    /// Where the window ends, if that need not be looked for: of whole numbers that are keys, so many stand behind
    /// the last one at most. Where few of them are in use, windows of so many numbers would be many with few rows.
    fn near(&self, dense: bool) -> Option<End> {
        let (after, until) = (self.after.as_ref().and_then(whole)?, whole(&self.until)?);
        let end = after.checked_add(i64::from(self.rows)).filter(|&end| end < until);
        dense.then(|| End(end.map(|end| Key(vec![Scalar::Integer(end)]))))
    }

    /// Whether most of the keys from the beginning of a window to its end are in use; nothing where nobody can tell.
    fn was_dense(&self, window: &Window) -> Option<bool> {
        let end = whole(window.next.as_ref().unwrap_or(&self.until))?;
        let keys = end.checked_sub(self.after.as_ref().and_then(whole)?)?;
        Some(window.rows * 2 >= keys.unsigned_abs())
    }
}

/// Where a window ends that is followed by another; nothing where the table ends with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End(pub Option<Key>);

/// The number that is all of a key.
fn whole(key: &Key) -> Option<i64> {
    match key.0.as_slice() {
        [Scalar::Integer(number)] => Some(*number),
        _ => None,
    }
}

/// The way, and how far along it the jobs are.
#[derive(Debug)]
pub(super) struct Course {
    legs: VecDeque<Leg>,
    /// Behind which key of the first leg the next window begins.
    after: Option<Key>,
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
        Self { legs, after, taken: 0, dense: false, crowded: false, size, rate, pace }
    }

    /// The window that is next; nothing where the tables are at their end.
    pub fn turn(&self) -> Option<Turn> {
        let &Leg { target, ref until, since, .. } = self.legs.front()?;
        let (after, rows, crowded) = (self.after.clone(), self.size.rows(), self.crowded);
        Some(Turn { target, after, until: until.clone(), since, rows, crowded })
    }

    /// Where it ends, if that need not be looked for.
    pub fn near(&self, turn: &Turn) -> Option<End> {
        turn.near(self.dense)
    }

    /// Moves on behind a window, to where the next one begins, and gives it its number.
    pub fn take(&mut self, next: Option<Key>) -> u64 {
        self.after = next;
        if self.after.is_none() {
            self.legs.pop_front();
            self.after = beginning(&self.legs);
            // Nobody knows yet what the next table is like.
            (self.dense, self.size) = (false, WindowSize::new(&self.pace));
        }
        self.taken += 1;
        self.taken - 1
    }

    /// Learns from a window that was read. Says how long to rest before the next one.
    pub fn learn(&mut self, turn: &Turn, window: &Window, now: Instant) -> Duration {
        window.teach(&mut self.size);
        self.dense = turn.was_dense(window).unwrap_or(self.dense);
        self.crowded = window.spotted.len() as u64 * CROWD > window.rows;
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
        // Neither fast nor slow, so the size stays.
        Window { rows, next, took: Duration::from_millis(150), ..Window::default() }
    }

    fn course(legs: impl Into<VecDeque<Leg>>) -> Course {
        Course::new(legs.into(), Pace::default())
    }

    #[test]
    fn windows_are_numbered_in_the_order_of_tables_and_keys() {
        let leg = |target, after, until| Leg { target, after, until, since: None };
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
            assert_eq!(course.take(next), number);
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
            let mut course = course([Leg { target: tasks(), after: None, until, since: None }]);
            course.take(Some(id(100)));
            course.learn(&turn, &read(rows, Some(id(100))), Instant::now());
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

    #[test]
    fn jobs_share_one_rate() {
        let pace = Pace { max_rows_per_second: Some(100), ..Pace::default() };
        let leg = Leg { target: tasks(), after: None, until: id(1_000), since: None };
        let mut course = Course::new([leg].into(), pace);
        let (turn, now) = (course.turn().expect("a window"), Instant::now() + Duration::from_secs(1));
        let mut rest = || course.learn(&turn, &read(50, Some(id(50))), now);
        assert_eq!([rest(), rest(), rest()], [500, 1_000, 1_500].map(Duration::from_millis));
    }
}
