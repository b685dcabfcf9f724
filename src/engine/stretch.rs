//! A stretch of judged windows: what one chunk of a repair works off, and how far the run has come with it.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use super::events::{Event, Events, Flagged, Outcome};
use super::pacing::{CHUNK_BYTES, CHUNK_WAIT};
use super::store::{Chunk, Deed, Facts, LockedRow, StoreError};
use super::window::{Spotted, Window};
use super::writer::{Done, Piece, Verdict, Writing};
use crate::domain::repair::Reason;
use crate::domain::run::{Progress, Tally};
use crate::domain::target::{Key, Target};

/// So many flagged rows wait for a chunk at most.
const MOST_WAITING: usize = 10_000;

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

/// What was read and is still to be worked off. Windows are added at its end, stretches are cut off its beginning.
#[derive(Debug)]
pub(super) struct Rest {
    target: &'static Target,
    rows: VecDeque<Row>,
    /// Where it ends, and the rows and bytes up to there; nothing where nothing is left.
    end: Option<(Key, u64, u64)>,
    /// The same of what was cut off.
    cut_off: (u64, u64),
    /// Whether the table ends with it.
    is_last: bool,
    /// Since when its first row to be mended waits.
    since: Instant,
}

impl Rest {
    /// Nothing of a table as yet.
    pub fn new(target: &'static Target) -> Self {
        Self { target, rows: VecDeque::new(), end: None, cut_off: (0, 0), is_last: false, since: Instant::now() }
    }

    /// Adds a window. Its rows that are not to be mended have been identified.
    pub fn add(&mut self, window: Window, until: &Key, told: Vec<Flagged>) {
        let (rows_before, bytes_before) = self.end.take().map_or(self.cut_off, |(_, rows, bytes)| (rows, bytes));
        if self.rows.is_empty() {
            self.since = Instant::now();
        }
        let mut told: HashMap<Key, Flagged> = told.into_iter().map(|row| (row.key.clone(), row)).collect();
        self.rows.extend(window.spotted.into_iter().map(|mut spotted| {
            spotted.rows += rows_before;
            spotted.bytes += bytes_before;
            match told.remove(&spotted.key) {
                Some(row) => Row::Told { row, rows: spotted.rows, bytes: spotted.bytes },
                None => Row::Mendable(spotted),
            }
        }));
        self.is_last = window.next.is_none();
        let end = window.next.unwrap_or_else(|| until.clone());
        self.end = Some((end, rows_before + window.rows, bytes_before + window.bytes));
    }

    /// Cuts off a stretch with at most so many rows to mend, and no more bytes in them than a chunk may change; a row
    /// over that limit stands alone. Gives nothing where a chunk had better wait for more rows.
    pub fn cut(&mut self, most: usize) -> Option<Stretch> {
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
        let takes_all = taken == self.rows.len();
        if takes_all && (1..most).contains(&mendable) && !self.has_waited() {
            return None;
        }
        let end = self.end.take()?;
        let rows: Vec<Row> = self.rows.drain(..taken).collect();
        self.since = Instant::now();
        let last = rows.last().filter(|_| !takes_all).map(Row::place);
        let (through, so_far, so_far_bytes) = match last {
            Some((key, rows, bytes)) => {
                self.end = Some(end);
                (key.clone(), rows, bytes)
            }
            None => end,
        };
        let before = std::mem::replace(&mut self.cut_off, (so_far, so_far_bytes));
        Some(Stretch { target: self.target, rows, through, before, reaches: self.cut_off })
    }

    /// Whether there is nothing to wait for any more.
    fn has_waited(&self) -> bool {
        self.is_last || self.rows.len() >= MOST_WAITING || self.since.elapsed() >= CHUNK_WAIT
    }
}

/// A stretch: its flagged rows in key order, and everything between them.
#[derive(Debug)]
pub(super) struct Stretch {
    target: &'static Target,
    rows: Vec<Row>,
    /// The last key of the stretch.
    through: Key,
    /// Rows and bytes of the table before the stretch and up to its end, as far as this sitting has read them, healthy rows
    /// included.
    before: (u64, u64),
    reaches: (u64, u64),
}

impl Stretch {
    fn mendable(&self) -> impl Iterator<Item = &Spotted> {
        self.rows.iter().filter_map(Row::mendable)
    }
}

impl Piece for Stretch {
    type Row = LockedRow;

    fn deed(&self) -> Deed {
        Deed::Rewrite(self.target)
    }

    fn keys(&self) -> Vec<Key> {
        self.mendable().map(|row| row.key.clone()).collect()
    }

    async fn read(&self, chunk: &mut impl Chunk, keys: &[Key]) -> Result<Vec<LockedRow>, StoreError> {
        chunk.lock(self.target, keys).await
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

    fn left(&self, facts: Option<Facts>, reason: Reason) -> Option<Flagged> {
        let row = self.mendable().next()?;
        Some(row.flag.clone().left(reason).into_flagged(row.key.clone(), facts))
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
        let (rows, bytes) = (self.reaches.0 - self.before.0, self.reaches.1 - self.before.1);
        events.event(&Event::Scanned { target: self.target, rows, bytes });
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

    /// A window of a thousand rows for each flagged one, the flagged one last, and seven more.
    fn window(first: u64, values: &[&[u8]]) -> (Window, Vec<Flagged>) {
        let (judge, rules, stop) = (Judge::default(), Rules::default(), Stop::default());
        let work = Work {
            judge: &judge,
            rules: &rules,
            targets: &[],
            shard: None,
            show_values: false,
            census: false,
            pace: Pace::default(),
            stop: &stop,
        };
        let spot = |(index, value): (usize, &&[u8])| {
            let met = Met { target: tasks(), value: Stored::Text(value), facts: None, capacity: Capacity::UNLIMITED };
            let flag = Flag::examine(&work, met, Keep::Nothing);
            let rows = (index as u64 + 1) * 1000;
            flag.map(|flag| Spotted { key: key(first + rows), flag, rows, bytes: rows * 10, facts: None })
        };
        let spotted: Vec<_> = values.iter().enumerate().filter_map(spot).collect();
        assert_eq!(spotted.len(), values.len(), "every value is flagged");
        let told = spotted.iter().filter(|row| !row.flag.is_mendable());
        let told = told.map(|row| row.flag.clone().into_flagged(row.key.clone(), None)).collect();
        let rows = values.len() as u64 * 1000 + 7;
        (Window { spotted, rows, bytes: rows * 10, ..Window::default() }, told)
    }

    /// All of a table that is one window.
    fn rest(values: &[&[u8]]) -> Rest {
        let (window, told) = window(0, values);
        let mut rest = Rest::new(tasks());
        rest.add(window, &key(99_999), told);
        rest
    }

    /// The next window of a table that goes on.
    fn add(rest: &mut Rest, first: u64, values: &[&[u8]]) {
        let (window, told) = window(first, values);
        let next = Some(key(first + window.rows));
        rest.add(Window { next, ..window }, &key(99_999), told);
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
    fn a_chunk_that_is_not_full_waits_for_rows_of_the_next_window() {
        let mut rest = Rest::new(tasks());
        add(&mut rest, 0, &[b"NaN", b"x", b"y"]);
        assert!(rest.cut(3).is_none());
        add(&mut rest, 3007, &[b"z", b"z"]);
        let full = rest.cut(3).expect("three rows to mend");
        assert_eq!(shape(&[full]), [(4, key(4007), 4007)]);
        assert!(rest.cut(3).is_none());
        let (window, told) = window(5014, &[b"z"]);
        rest.add(window, &key(99_999), told);
        let last = rest.cut(3).expect("the table ends");
        assert_eq!(shape(&[last]), [(2, key(99_999), 2014)]);
        assert!(rest.cut(3).is_none());
    }

    #[test]
    fn windows_without_a_row_to_mend_do_not_wait() {
        let mut rest = Rest::new(tasks());
        for (first, flagged) in [(0, [].as_slice()), (7, &[b"NaN".as_slice()])] {
            add(&mut rest, first, flagged);
            let stretch = rest.cut(3).expect("nothing to wait for");
            assert_eq!(shape(&[stretch])[0].0, flagged.len());
            assert!(rest.cut(3).is_none());
        }
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
