//! The line around a place in a value, cut to the room there is, and where the mark stands below it.
//!
//! What cannot stand on a terminal is shown as an escape, bytes that are no text as `\xff`, so the columns on the
//! screen have nothing to do with the columns that Python counts: every character is rendered on its own and measured
//! as rendered. Only what may fit is looked at, however long the line is.

use console::measure_text_width;

use crate::report::escape;

/// One line of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// Fit for a terminal, with an ellipsis where something was cut off.
    pub text: String,
    /// How many columns stand before the place.
    pub before: usize,
    /// How many columns the character at the place takes; 1 where the value ends there.
    pub marked: usize,
}

/// What one character looks like.
struct Piece {
    text: String,
    columns: usize,
}

/// The pieces on one side of the place, the nearest first.
struct Side {
    pieces: Vec<Piece>,
    /// Whether there are more than these.
    goes_on: bool,
}

/// The line of `value` that `offset` points into, on at most `room` columns. Nothing where that line is empty.
///
/// A line break belongs to the line that it ends, and is shown where it is the trouble itself.
pub(super) fn excerpt(value: &[u8], offset: usize, room: usize) -> Option<Excerpt> {
    let offset = offset.min(value.len());
    let (head, tail) = value.split_at(offset);
    let head = &head[head.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1)..];
    let break_at = tail.iter().position(|&byte| byte == b'\n').unwrap_or(tail.len());
    let tail = if break_at == 0 { &tail[..tail.len().min(1)] } else { &tail[..break_at] };
    if head.is_empty() && tail.is_empty() {
        return None;
    }
    let mut right = Side::right(tail, room);
    let place = (!right.pieces.is_empty()).then(|| right.pieces.remove(0).made_visible());
    let marked = place.as_ref().map_or(1, |place| place.columns);
    let left = Side::left(head, room);
    let (left_room, right_room) = share(left.columns(), right.columns(), room.saturating_sub(marked));
    let (mut text, before) = left.fit(left_room);
    text.reverse();
    text.extend(place.map(|place| place.text));
    text.extend(right.fit(right_room).0);
    Some(Excerpt { text: text.concat(), before, marked })
}

/// Divides the room between two sides: half for each, and what one does not need for the other.
fn share(left: usize, right: usize, room: usize) -> (usize, usize) {
    let half = room / 2;
    let left_room = left.min(half.max(room.saturating_sub(right)));
    (left_room, room - left_room)
}

impl Side {
    fn right(tail: &[u8], room: usize) -> Self {
        let mut pieces: Vec<_> = pieces(tail).take(room + 2).collect();
        let goes_on = pieces.len() > room + 1;
        pieces.truncate(room + 1);
        Self { pieces, goes_on }
    }

    fn left(head: &[u8], room: usize) -> Self {
        // No character takes more than four bytes.
        let mut start = head.len().saturating_sub(4 * (room + 1));
        let in_character = |at: usize| head.get(at).is_some_and(|&byte| byte & 0xC0 == 0x80);
        for _ in 0..3 {
            start += usize::from(start > 0 && in_character(start));
        }
        let mut pieces: Vec<_> = pieces(&head[start..]).collect();
        pieces.reverse();
        let goes_on = start > 0 || pieces.len() > room;
        pieces.truncate(room);
        Self { pieces, goes_on }
    }

    /// How many columns it takes; more than there can be where it goes on.
    fn columns(&self) -> usize {
        if self.goes_on { usize::MAX } else { self.pieces.iter().map(|piece| piece.columns).sum() }
    }

    /// As much of it as fits, with an ellipsis for the rest, and the columns that this takes.
    fn fit(self, room: usize) -> (Vec<String>, usize) {
        let whole = self.columns() <= room;
        let room = if whole { room } else { room.saturating_sub(1) };
        let (mut texts, mut columns) = (Vec::new(), 0);
        for piece in self.pieces {
            if columns + piece.columns > room {
                break;
            }
            columns += piece.columns;
            texts.push(piece.text);
        }
        if !whole {
            texts.push("…".to_owned());
            columns += 1;
        }
        (texts, columns)
    }
}

impl Piece {
    fn of(c: char) -> Self {
        Self::shown_as(escape::sanitise(c.encode_utf8(&mut [0; 4])).into_owned())
    }

    fn shown_as(text: String) -> Self {
        Self { columns: measure_text_width(&text), text }
    }

    /// An accent that would stand on the character before it has no column for a mark.
    fn made_visible(self) -> Self {
        if self.columns > 0 { self } else { Self::shown_as(self.text.chars().map(escape::escaped).collect()) }
    }
}

/// The characters of a line as they are shown, and the bytes that are none.
fn pieces(line: &[u8]) -> impl Iterator<Item = Piece> {
    line.utf8_chunks().flat_map(|chunk| {
        let invalid = chunk.invalid().iter().map(|byte| Piece::shown_as(format!("\\x{byte:02x}")));
        chunk.valid().chars().map(Piece::of).chain(invalid)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The excerpt with its mark, on two lines.
    fn drawn(value: &[u8], offset: usize, room: usize) -> String {
        excerpt(value, offset, room).map_or_else(String::new, |excerpt| {
            format!("{}\n{}{}", excerpt.text, " ".repeat(excerpt.before), "^".repeat(excerpt.marked))
        })
    }

    #[test]
    fn the_mark_stands_under_the_place() {
        let cases: &[(&[u8], usize, &str)] = &[
            (b"hello", 0, "hello\n^"),
            (b"[1 2]", 3, "[1 2]\n   ^"),
            (b"[1, 2", 5, "[1, 2\n     ^"),
            (b"", 0, ""),
            ("[日本語 x]".as_bytes(), 11, "[日本語 x]\n        ^"),
            ("日".as_bytes(), 0, "日\n^^"),
            (b"\t\x1b[2J!", 6, "\\t\\x1b[2J!\n          ^"),
            (b"\"a\x1bb\"", 2, "\"a\\x1bb\"\n  ^^^^"),
            (b"a\xff\xfeb", 2, "a\\xff\\xfeb\n     ^^^^"),
            ("1\u{301}".as_bytes(), 1, "1\\u0301\n ^^^^^^"),
        ];
        for (value, offset, expected) in cases {
            assert_eq!(&drawn(value, *offset, 40), expected, "{value:?} at {offset}");
        }
    }

    #[test]
    fn only_the_line_of_the_place_is_shown() {
        let value = b"{\n \"a\": x,\n}\n";
        assert_eq!(drawn(value, 8, 40), " \"a\": x,\n      ^");
        assert_eq!(drawn(value, 0, 40), "{\n^");
        assert_eq!(drawn(b"\"a\nb\"", 2, 40), "\"a\\n\n  ^^");
        assert_eq!(drawn(value, 13, 40), "", "the line behind the last line break is empty");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let line: String = ('a'..='z').collect();
        let line = line.as_bytes();
        assert_eq!(drawn(line, 0, 11), "abcdefghij…\n^");
        assert_eq!(drawn(line, 13, 11), "…jklmnopqr…\n     ^");
        assert_eq!(drawn(line, 26, 11), "…rstuvwxyz\n          ^");
        assert_eq!(drawn(line, 23, 11), "…qrstuvwxyz\n        ^");
        assert_eq!(drawn("日本語日本語日本語".as_bytes(), 12, 9), "…日本語…\n   ^^");
    }

    proptest! {
        #[test]
        fn an_excerpt_fits_and_its_mark_stands_in_it_or_behind_it(
            value in prop::collection::vec(any::<u8>(), 0..200),
            offset in 0_usize..220,
            room in 20_usize..100,
        ) {
            if let Some(Excerpt { text, before, marked }) = excerpt(&value, offset, room) {
                prop_assert!(measure_text_width(&text) <= room, "{text:?}");
                prop_assert!(before + marked <= measure_text_width(&text) + 1, "{text:?} {before} {marked}");
                prop_assert_eq!(escape::sanitise(&text), text.as_str());
            }
        }

        #[test]
        fn text_of_any_script_fits(value in "\\PC{0,80}", offset in 0_usize..100, room in 20_usize..60) {
            if let Some(Excerpt { text, before, marked }) = excerpt(value.as_bytes(), offset, room) {
                prop_assert!(measure_text_width(&text) <= room, "{text:?}");
                prop_assert!(before + marked <= room + 1);
            }
        }
    }
}
