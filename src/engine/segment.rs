//! Cuts a judged window into the pieces that one transaction each works off.

use super::pacing::{CHUNK_BYTES, CHUNK_ROWS};
use super::window::{Spotted, Window};
use crate::domain::target::Key;

/// A stretch of a window: its flagged rows in key order, and everything between them.
#[derive(Debug)]
pub(super) struct Segment {
    pub spotted: Vec<Spotted>,
    /// The last key of the stretch.
    pub through: Key,
    /// Rows and bytes of the stretch, healthy ones included.
    pub rows: u64,
    pub bytes: u64,
}

/// Cuts a window so that no segment has more rows to mend, or more bytes in them, than one chunk may change. A
/// single row over the byte limit stands alone. The last segment reaches to the end of the window.
pub(super) fn segments(window: Window, until: &Key) -> Vec<Segment> {
    let end = window.next.unwrap_or_else(|| until.clone());
    let mut cut = Cut::default();
    for row in window.spotted {
        cut.take(row);
    }
    cut.finish(end, window.rows, window.bytes)
}

/// The segments so far, and the one being filled.
#[derive(Default)]
struct Cut {
    done: Vec<Segment>,
    filling: Vec<Spotted>,
    mendable_rows: usize,
    mendable_bytes: u64,
    /// Rows and bytes of the window that the segments so far account for.
    rows: u64,
    bytes: u64,
}

impl Cut {
    fn take(&mut self, row: Spotted) {
        if row.flag.is_mendable() {
            let full = self.mendable_rows == CHUNK_ROWS || self.mendable_bytes + row.flag.bytes > CHUNK_BYTES;
            if full && self.mendable_rows > 0 {
                self.close();
            }
            self.mendable_rows += 1;
            self.mendable_bytes += row.flag.bytes;
        }
        self.filling.push(row);
    }

    /// Ends the segment behind its last flagged row.
    fn close(&mut self) {
        if let Some(last) = self.filling.last() {
            let (through, rows, bytes) = (last.key.clone(), last.rows, last.bytes);
            self.push(through, rows, bytes);
        }
    }

    fn push(&mut self, through: Key, rows: u64, bytes: u64) {
        let spotted = std::mem::take(&mut self.filling);
        self.done.push(Segment { spotted, through, rows: rows - self.rows, bytes: bytes - self.bytes });
        (self.rows, self.bytes) = (rows, bytes);
        (self.mendable_rows, self.mendable_bytes) = (0, 0);
    }

    fn finish(mut self, end: Key, rows: u64, bytes: u64) -> Vec<Segment> {
        self.push(end, rows, bytes);
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::super::flag::{Flag, Keep};
    use super::*;
    use crate::domain::judge::{Judge, Stored};
    use crate::domain::repair::Capacity;
    use crate::domain::target::Scalar;

    fn key(id: i64) -> Key {
        Key(vec![Scalar::Integer(id)])
    }

    /// A window of a thousand rows for each flagged one, the flagged one last.
    fn window(values: &[&[u8]]) -> Window {
        let spot = |(index, value): (usize, &&[u8])| {
            let flag = Flag::examine(&Judge::default(), Stored::Text(value), Capacity::UNLIMITED, Keep::Nothing);
            let rows = (index as u64 + 1) * 1000;
            flag.map(|flag| Spotted { key: key(rows as i64), flag, rows, bytes: rows * 10 })
        };
        let spotted: Vec<_> = values.iter().enumerate().filter_map(spot).collect();
        assert_eq!(spotted.len(), values.len(), "every value is flagged");
        let rows = values.len() as u64 * 1000 + 7;
        Window { spotted, rows, bytes: rows * 10, next: None }
    }

    fn shape(segments: &[Segment]) -> Vec<(usize, Key, u64)> {
        segments.iter().map(|segment| (segment.spotted.len(), segment.through.clone(), segment.rows)).collect()
    }

    #[test]
    fn a_window_without_findings_is_one_segment_to_its_end() {
        assert_eq!(shape(&segments(window(&[]), &key(9))), [(0, key(9), 7)]);
    }

    #[test]
    fn segments_account_for_every_row_once_and_end_with_the_window() {
        let wide = vec![b'x'; CHUNK_BYTES as usize / 2 + 1];
        let cut = segments(window(&[b"x", &wide, &wide, b"NaN", b"y"]), &key(99_999));
        assert_eq!(shape(&cut), [(2, key(2000), 2000), (3, key(99_999), 3007)]);
    }

    #[test]
    fn a_row_over_the_byte_limit_stands_alone() {
        let huge = vec![b'x'; CHUNK_BYTES as usize + 1];
        let cut = segments(window(&[b"x", &huge, b"y"]), &key(99_999));
        assert_eq!(shape(&cut), [(1, key(1000), 1000), (1, key(2000), 1000), (1, key(99_999), 1007)]);
    }

    #[test]
    fn no_segment_mends_more_rows_than_a_chunk_may_hold() {
        let values = vec![b"x".as_slice(); CHUNK_ROWS + 1];
        let cut = segments(window(&values), &key(i64::MAX));
        assert_eq!(cut.iter().map(|segment| segment.spotted.len()).collect::<Vec<_>>(), [CHUNK_ROWS, 1]);
    }
}
