//! A stretch of a judged window: what one chunk of a repair works off, and how far the run has come with it.

use std::collections::{HashMap, VecDeque};

use super::events::{Event, Events, Flagged, Outcome};
use super::pacing::CHUNK_BYTES;
use super::store::LockedRow;
use super::window::{Spotted, Window};
use super::writer::{Done, Piece, Verdict, Writing};
use crate::domain::repair::Reason;
use crate::domain::run::{Progress, Tally};
use crate::domain::target::{Identity, Key, Target};

/// A flagged row of a window: one to be mended, or one of which there is only something to say.
#[derive(Debug)]
pub(super) enum Row {
    Mendable(Spotted),
    Told { row: Flagged, rows: u64, bytes: u64 },
}

impl Row {
    /// The key, and how far the window had come with the row.
    fn place(&self) -> (&Key, u64, u64) {
        match self {
            Self::Mendable(spotted) => (&spotted.key, spotted.rows, spotted.bytes),
            Self::Told { row, rows, bytes } => (&row.key, *rows, *bytes),
        }
    }

    const fn mendable(&self) -> Option<&Spotted> {
        match self {
            Self::Mendable(spotted) => Some(spotted),
            Self::Told { .. } => None,
        }
    }
}

/// What is left of a window. Stretches are cut off its beginning.
#[derive(Debug)]
pub(super) struct Rest {
    target: &'static Target,
    rows: VecDeque<Row>,
    end: (Key, u64, u64),
    /// Rows and bytes of the window before what is left.
    before: (u64, u64),
    done: bool,
}

impl Rest {
    /// All of a window. Its rows that are not to be mended have been identified.
    pub fn new(target: &'static Target, window: Window, until: &Key, told: Vec<Flagged>) -> Self {
        let mut told: HashMap<Key, Flagged> = told.into_iter().map(|row| (row.key.clone(), row)).collect();
        let row = |spotted: Spotted| match told.remove(&spotted.key) {
            Some(row) => Row::Told { row, rows: spotted.rows, bytes: spotted.bytes },
            None => Row::Mendable(spotted),
        };
        let rows = window.spotted.into_iter().map(row).collect();
        let end = (window.next.unwrap_or_else(|| until.clone()), window.rows, window.bytes);
        Self { target, rows, end, before: (0, 0), done: false }
    }

    /// Cuts off a stretch with at most so many rows to mend, and no more bytes in them than a chunk may change; a row
    /// over that limit stands alone. The last stretch reaches to the end of the window.
    pub fn cut(&mut self, most: usize) -> Option<Stretch> {
        if self.done {
            return None;
        }
        let (mut mendable, mut bytes) = (0, 0);
        let mut taken = 0;
        for row in &self.rows {
            if let Some(spotted) = row.mendable() {
                bytes += spotted.flag.bytes;
                if mendable > 0 && (mendable == most || bytes > CHUNK_BYTES) {
                    break;
                }
                mendable += 1;
            }
            taken += 1;
        }
        let all = taken == self.rows.len();
        let rows: Vec<Row> = self.rows.drain(..taken).collect();
        self.done = all;
        let last = rows.last().filter(|_| !all).map(Row::place);
        let (through, so_far, so_far_bytes) =
            last.map_or_else(|| self.end.clone(), |(key, rows, bytes)| (key.clone(), rows, bytes));
        let before = std::mem::replace(&mut self.before, (so_far, so_far_bytes));
        Some(Stretch { target: self.target, rows, through, before, reaches: self.before })
    }
}

/// A stretch: its flagged rows in key order, and everything between them.
#[derive(Debug)]
pub(super) struct Stretch {
    target: &'static Target,
    rows: Vec<Row>,
    /// The last key of the stretch.
    through: Key,
    /// Rows and bytes of the window before the stretch and up to its end, healthy rows included.
    before: (u64, u64),
    reaches: (u64, u64),
}

impl Stretch {
    fn mendable(&self) -> impl Iterator<Item = &Spotted> {
        self.rows.iter().filter_map(Row::mendable)
    }
}

impl Piece for Stretch {
    fn target(&self) -> &'static Target {
        self.target
    }

    fn keys(&self) -> Vec<Key> {
        self.mendable().map(|row| row.key.clone()).collect()
    }

    fn decide(&self, rows: Vec<LockedRow>, writing: &Writing<'_>) -> Vec<Verdict> {
        let decide = |row: LockedRow| {
            // A row that is healthy by now, or gone, is somebody else's good work.
            let flag = writing.examine(self.target, &row)?;
            Some(writing.carry_out(flag, row))
        };
        rows.into_iter().filter_map(decide).collect()
    }

    fn advance(&self, progress: &mut Progress) {
        progress.cursor.after = Some(self.through.clone());
        let tally = progress.tallies.entry(self.target.table.clone()).or_default();
        let skipped = |row: &&Row| matches!(row, Row::Told { row, .. } if matches!(row.outcome, Outcome::Skipped(_)));
        tally.add(Tally {
            rows_scanned: self.reaches.0 - self.before.0,
            bytes_scanned: self.reaches.1 - self.before.1,
            skipped: self.rows.iter().filter(skipped).count() as u64,
            ..Tally::default()
        });
    }

    fn split(mut self) -> Result<(Self, Self), Self> {
        let half = self.mendable().count() / 2;
        let mendable = (1..).zip(&self.rows).filter(|(_, row)| row.mendable().is_some());
        let Some((length, last)) = mendable.take(half).last() else { return Err(self) };
        let (key, rows, bytes) = last.place();
        let (through, cut) = (key.clone(), (rows, bytes));
        let second = Self { rows: self.rows.split_off(length), before: cut, ..self };
        Ok((Self { target: second.target, rows: self.rows, through, before: self.before, reaches: cut }, second))
    }

    fn left(&self, identity: Option<Identity>, reason: Reason) -> Option<Flagged> {
        let row = self.mendable().next()?;
        Some(row.flag.clone().left(reason).into_flagged(row.key.clone(), identity))
    }

    fn tell(self, done: Done, events: &mut impl Events) {
        let mut changed: HashMap<Key, Flagged> = done.told.into_iter().map(|row| (row.key.clone(), row)).collect();
        for row in self.rows {
            let row = match row {
                Row::Told { row, .. } => Some(row),
                Row::Mendable(spotted) => changed.remove(&spotted.key),
            };
            if let Some(row) = row {
                events.event(&Event::Flagged { target: self.target, row });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Work;
    use super::super::flag::{Flag, Keep, Met};
    use super::super::pacing::Pace;
    use super::super::stop::Stop;
    use super::*;
    use crate::domain::generations::sample::tasks;
    use crate::domain::judge::{Judge, Stored};
    use crate::domain::repair::Capacity;
    use crate::domain::rules::Rules;
    use crate::domain::target::Scalar;

    fn key(id: u64) -> Key {
        Key(vec![Scalar::Integer(id.cast_signed())])
    }

    /// A window of a thousand rows for each flagged one, the flagged one last.
    fn rest(values: &[&[u8]]) -> Rest {
        let (judge, rules, stop) = (Judge::default(), Rules::default(), Stop::default());
        let work = Work {
            judge: &judge,
            rules: &rules,
            targets: &[],
            show_values: false,
            census: false,
            pace: Pace::default(),
            stop: &stop,
        };
        let spot = |(index, value): (usize, &&[u8])| {
            let met = Met { target: tasks(), value: Stored::Text(value), facts: None, capacity: Capacity::UNLIMITED };
            let flag = Flag::examine(&work, met, Keep::Nothing);
            let rows = (index as u64 + 1) * 1000;
            flag.map(|flag| Spotted { key: key(rows), flag, rows, bytes: rows * 10 })
        };
        let spotted: Vec<_> = values.iter().enumerate().filter_map(spot).collect();
        assert_eq!(spotted.len(), values.len(), "every value is flagged");
        let told = spotted.iter().filter(|row| !row.flag.is_mendable());
        let told = told.map(|row| row.flag.clone().into_flagged(row.key.clone(), None)).collect();
        let rows = values.len() as u64 * 1000 + 7;
        let window = Window { spotted, rows, bytes: rows * 10, ..Window::default() };
        Rest::new(tasks(), window, &key(99_999), told)
    }

    fn cut(values: &[&[u8]], most: usize) -> Vec<Stretch> {
        let mut rest = rest(values);
        std::iter::from_fn(|| rest.cut(most)).collect()
    }

    /// Flagged rows, last key, and rows of each stretch.
    fn shape(stretches: &[Stretch]) -> Vec<(usize, Key, u64)> {
        let shape = |stretch: &Stretch| {
            let mut progress = Progress::default();
            stretch.advance(&mut progress);
            let tally = progress.tallies[&tasks().table];
            assert_eq!(tally.bytes_scanned, tally.rows_scanned * 10);
            assert_eq!(progress.cursor.after, Some(stretch.through.clone()));
            (stretch.rows.len(), stretch.through.clone(), tally.rows_scanned)
        };
        stretches.iter().map(shape).collect()
    }

    #[test]
    fn a_window_without_findings_is_one_stretch_to_its_end() {
        assert_eq!(shape(&cut(&[], 9)), [(0, key(99_999), 7)]);
    }

    #[test]
    fn stretches_account_for_every_row_once_and_end_with_the_window() {
        let wide = vec![b'x'; CHUNK_BYTES as usize / 2 + 1];
        let stretches = cut(&[b"x", &wide, &wide, b"NaN", b"y"], 1000);
        assert_eq!(shape(&stretches), [(2, key(2000), 2000), (3, key(99_999), 3007)]);
    }

    #[test]
    fn a_row_over_the_byte_limit_stands_alone() {
        let huge = vec![b'x'; CHUNK_BYTES as usize + 1];
        let stretches = cut(&[b"x", &huge, b"y"], 1000);
        assert_eq!(shape(&stretches), [(1, key(1000), 1000), (1, key(2000), 1000), (1, key(99_999), 1007)]);
    }

    #[test]
    fn no_stretch_mends_more_rows_than_it_may() {
        let lengths =
            |most| -> Vec<_> { cut(&[b"x".as_slice(); 7], most).iter().map(|stretch| stretch.rows.len()).collect() };
        assert_eq!(lengths(3), [3, 3, 1]);
        assert_eq!(lengths(7), [7]);
    }

    #[test]
    fn halves_account_for_what_the_whole_did() {
        let Ok([whole]) = <[Stretch; 1]>::try_from(cut(&[b"NaN", b"x", b"y", b"NaN", b"z", b"\xff"], 1000)) else {
            panic!("one stretch")
        };
        let (first, second) = whole.split().expect("three rows to mend are more than one");
        assert_eq!(shape(&[first, second]), [(2, key(2000), 2000), (4, key(99_999), 4007)]);
        let single = cut(&[b"NaN", b"x"], 1000).remove(0).split();
        assert!(single.is_err(), "one row cannot be halved");
    }
}
