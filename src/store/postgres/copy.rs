//! COPY: rows as PostgreSQL streams them out of a query, in its binary format.
//!
//! The format is described at <https://www.postgresql.org/docs/current/sql-copy.html>: a header, then for each row the
//! number of its fields and each field behind its length, then the number -1. A server sends one row in each message,
//! but nothing says that it must, or that what stands in between leaves them so; so messages may end anywhere.

use std::ops::Range;

use futures_util::TryStreamExt as _;
use sqlx::PgConnection;

use super::super::driver::{Cells, EachCells};
use super::super::error::failed;
use super::big_endian;
use crate::domain::judge::Stored;
use crate::engine::store::StoreError;

/// What a binary copy begins with, followed by flags and the length of what else is in the header.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// Runs a query and hands over its rows. `what` fails, should it fail.
pub(in super::super) async fn out(
    connection: &mut PgConnection,
    what: &str,
    query: &str,
    each: &mut EachCells<'_>,
) -> Result<(), StoreError> {
    let read = |error| failed(what, error);
    let copy = format!("COPY ({query}) TO STDOUT (FORMAT binary)");
    let mut messages = connection.copy_out_raw(&copy).await.map_err(read)?;
    let mut rows = Rows::default();
    while let Some(message) = messages.try_next().await.map_err(read)? {
        rows.take(&message, what, each)?;
    }
    if rows.ended { Ok(()) } else { Err(read(broken("it ends in the middle"))) }
}

/// Takes the rows out of the messages.
#[derive(Default)]
struct Rows {
    begun: bool,
    ended: bool,
    /// The beginning of what the last message did not end.
    unfinished: Vec<u8>,
    fields: Vec<Option<Range<usize>>>,
}

impl Rows {
    fn take(&mut self, message: &[u8], what: &str, each: &mut EachCells<'_>) -> Result<(), StoreError> {
        if self.unfinished.is_empty() {
            let taken = self.whole(message, what, each)?;
            self.unfinished.extend_from_slice(&message[taken..]);
            return Ok(());
        }
        let mut bytes = std::mem::take(&mut self.unfinished);
        bytes.extend_from_slice(message);
        let taken = self.whole(&bytes, what, each)?;
        bytes.drain(..taken);
        self.unfinished = bytes;
        Ok(())
    }

    /// Hands over the rows that are whole, and says how many bytes they take.
    fn whole(&mut self, bytes: &[u8], what: &str, each: &mut EachCells<'_>) -> Result<usize, StoreError> {
        let wrong = |error| failed(what, error);
        let mut taken = 0;
        if !self.begun {
            let Some(header) = header(bytes).map_err(wrong)? else { return Ok(0) };
            (self.begun, taken) = (true, header);
        }
        while !self.ended
            && let Some(next) = self.row(bytes, taken).map_err(wrong)?
        {
            taken = next;
            if !self.ended {
                each(&Copied { bytes, fields: &self.fields })?;
            }
        }
        Ok(taken)
    }

    /// Finds the fields of the row at `at`, and where the next one begins; nothing where its end has yet to come.
    fn row(&mut self, bytes: &[u8], at: usize) -> Result<Option<usize>, sqlx::Error> {
        let Some(count) = bytes.get(at..).and_then(<[u8]>::first_chunk) else { return Ok(None) };
        let mut at = at + 2;
        self.fields.clear();
        match i16::from_be_bytes(*count) {
            -1 => self.ended = true,
            count => {
                for _ in 0..count {
                    let Some((field, next)) = field(bytes, at)? else { return Ok(None) };
                    self.fields.push(field);
                    at = next;
                }
            }
        }
        Ok(Some(at))
    }
}

/// Where the rows begin.
fn header(bytes: &[u8]) -> Result<Option<usize>, sqlx::Error> {
    let begins = &bytes[..bytes.len().min(SIGNATURE.len())];
    if !SIGNATURE.starts_with(begins) {
        return Err(broken("it does not begin like one"));
    }
    let Some((extension, at)) = length(bytes, SIGNATURE.len() + 4) else { return Ok(None) };
    let end = at + usize::try_from(extension).map_err(|_| broken("a length is negative"))?;
    Ok((bytes.len() >= end).then_some(end))
}

/// Where the field at `at` stands, if it is not null, and what comes behind it.
fn field(bytes: &[u8], at: usize) -> Result<Option<(Option<Range<usize>>, usize)>, sqlx::Error> {
    let Some((length, begin)) = length(bytes, at) else { return Ok(None) };
    if length == -1 {
        return Ok(Some((None, begin)));
    }
    let end = begin + usize::try_from(length).map_err(|_| broken("a length is negative"))?;
    Ok((bytes.len() >= end).then_some((Some(begin..end), end)))
}

fn length(bytes: &[u8], at: usize) -> Option<(i32, usize)> {
    let length = bytes.get(at..)?.first_chunk()?;
    Some((i32::from_be_bytes(*length), at + 4))
}

fn broken(how: &str) -> sqlx::Error {
    sqlx::Error::Protocol(format!("the copy is broken: {how}"))
}

/// A row of a copy.
struct Copied<'r> {
    bytes: &'r [u8],
    fields: &'r [Option<Range<usize>>],
}

impl Copied<'_> {
    fn field(&self, index: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        let len = self.fields.len();
        let field = self.fields.get(index).ok_or(sqlx::Error::ColumnIndexOutOfBounds { index, len })?;
        Ok(field.clone().map(|field| &self.bytes[field]))
    }
}

impl Cells for Copied<'_> {
    fn integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        Ok(self.field(index)?.map(big_endian))
    }

    fn text(&self, index: usize) -> Result<Option<&str>, sqlx::Error> {
        let text = self.field(index)?.map(str::from_utf8).transpose();
        text.map_err(|error| sqlx::Error::Decode(error.into()))
    }

    fn value(&self, index: usize) -> Result<Stored<'_>, sqlx::Error> {
        // sqlx says the same of a null that is asked for as bytes.
        self.field(index)?.map(Stored::Text).ok_or_else(|| sqlx::Error::Decode("a value is null".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three rows of an integer, a bigint or null, and a text, as a server sends them.
    fn stream() -> Vec<u8> {
        let mut stream = [SIGNATURE, &[0; 4], &3_i32.to_be_bytes(), b"ext"].concat();
        let rows: [(i32, Option<i64>, &[u8]); 3] =
            [(7, Some(i64::MIN), b"{\"a\": 1}"), (-1, None, b""), (i32::MAX, Some(-2), b"\xff\0 no text")];
        for (first, second, text) in rows {
            stream.extend([&3_i16.to_be_bytes()[..], &4_i32.to_be_bytes(), &first.to_be_bytes()].concat());
            match second {
                Some(number) => stream.extend([&8_i32.to_be_bytes()[..], &number.to_be_bytes()].concat()),
                None => stream.extend((-1_i32).to_be_bytes()),
            }
            let length = i32::try_from(text.len()).expect("short");
            stream.extend([&length.to_be_bytes(), text].concat());
        }
        stream.extend((-1_i16).to_be_bytes());
        stream
    }

    type Seen = Vec<(Option<i64>, Option<i64>, Vec<u8>)>;

    /// The rows of a stream that arrives in messages of such a size.
    fn taken(stream: &[u8], size: usize) -> Result<(Seen, bool), StoreError> {
        let (mut seen, mut rows) = (Seen::new(), Rows::default());
        let mut see = |cells: &dyn Cells| {
            let value = cells.value(2).expect("bytes").bytes().to_owned();
            seen.push((cells.integer(0).expect("a number"), cells.integer(1).expect("a number"), value));
            Ok(())
        };
        for message in stream.chunks(size) {
            rows.take(message, "the rows could not be read", &mut see)?;
        }
        Ok((seen, rows.ended))
    }

    #[test]
    fn rows_are_the_same_wherever_messages_end() {
        let expected = vec![
            (Some(7), Some(i64::MIN), b"{\"a\": 1}".to_vec()),
            (Some(-1), None, Vec::new()),
            (Some(i64::from(i32::MAX)), Some(-2), b"\xff\0 no text".to_vec()),
        ];
        let stream = stream();
        for size in 1..=stream.len() {
            let (seen, ended) = taken(&stream, size).expect("a whole stream");
            assert!(seen == expected && ended, "messages of {size} bytes: {seen:?}");
        }
    }

    #[test]
    fn a_stream_that_is_cut_short_has_not_ended() {
        let stream = stream();
        for length in 0..stream.len() {
            let (seen, ended) = taken(&stream[..length], 16).expect("what is there is right");
            assert!(!ended && seen.len() <= 3, "{length} bytes");
        }
    }

    #[test]
    fn what_is_no_copy_is_an_error_and_no_row() {
        let mut negative = stream();
        let length = SIGNATURE.len() + 8 + 3 + 2;
        negative[length..length + 4].copy_from_slice(&(-2_i32).to_be_bytes());
        for (stream, complaint) in [(b"<html>".to_vec(), "begin"), (negative, "negative")] {
            let error = taken(&stream, 4).expect_err("it is broken");
            let cause = error.source.expect("a cause").to_string();
            assert!(cause.contains(complaint), "{cause}");
        }
    }

    #[test]
    fn only_text_is_given_as_text() {
        let (bytes, fields) = (b"key\xff", [Some(0..3), Some(0..4), None]);
        let row = Copied { bytes, fields: &fields };
        assert_eq!(row.text(0).expect("text"), Some("key"));
        assert!(row.text(1).is_err() && row.value(2).is_err() && row.integer(3).is_err());
        assert_eq!(row.text(2).expect("nothing"), None);
    }
}
