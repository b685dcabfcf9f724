//! Strings: where they end, which escapes they hold, and what CPython says of the bad ones.

use super::block::{block_at, stops_and_high};
use super::complaint::{Complaint, Fault};
use super::hash::Hash;

/// What the escapes and the rest of a string say about the whole text.
#[derive(Default)]
pub(super) struct Notes {
    /// Not zero if some byte is outside ASCII.
    pub high: u32,
    /// The first unpaired surrogate escape.
    pub surrogate: Option<usize>,
    /// The first escape for NUL.
    pub nul: Option<usize>,
}

/// A run of bytes that mean themselves.
pub(super) struct Run {
    /// The first byte that does not: a quote, a backslash, a control character, or the end of the text.
    pub end: usize,
    /// Not zero if some byte is outside ASCII. Bytes right after the run count as well: the text holds them too.
    pub high: u32,
    /// The hash of the run, if it was asked for.
    pub hash: u32,
}

/// The plain run that begins at `from`. After the first block two are looked at together: whether a run ends in the
/// second or in the third is a question that a branch predictor cannot answer, and a mask need not ask.
#[inline(always)]
pub(super) fn plain_run(text: &[u8], from: usize) -> Run {
    let (stops, mut high) = stops_and_high(&block_at(text, from));
    if stops != 0 {
        return Run { end: from + stops.trailing_zeros() as usize, high, hash: 0 };
    }
    let mut end = from + 16;
    loop {
        let (near, near_high) = stops_and_high(&block_at(text, end));
        let (far, far_high) = stops_and_high(&block_at(text, end + 16));
        high |= near_high | far_high;
        let stops = near | far << 16;
        if stops != 0 {
            return Run { end: end + stops.trailing_zeros() as usize, high, hash: 0 };
        }
        end += 32;
    }
}

/// The plain run of the key whose opening quote is at `open`, and its hash.
#[inline(always)]
pub(super) fn read_key(text: &[u8], open: usize) -> Run {
    let (mut end, mut all_high, mut hash) = (open + 1, 0, Hash::new());
    loop {
        let block = block_at(text, end);
        let (stops, high) = stops_and_high(&block);
        all_high |= high;
        if stops != 0 {
            let length = stops.trailing_zeros();
            return Run { end: end + length as usize, high: all_high, hash: hash.finish(&block, length) };
        }
        hash.block(&block);
        end += 16;
    }
}

/// Goes on with the string that was opened at `open` and whose first plain run ends at `stop` without a quote.
/// Returns the byte after the closing quote.
pub(super) fn read_on(text: &[u8], open: usize, stop: usize, notes: &mut Notes) -> Result<usize, Fault> {
    let mut at = stop;
    loop {
        match text.get(at) {
            None => return Err(Fault::new(Complaint::Unterminated, open)),
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = escape(text, open, at, notes)?,
            Some(0..0x20) => return Err(Fault::new(Complaint::Control, at)),
            Some(_) => {
                let run = plain_run(text, at);
                notes.high |= run.high;
                at = run.end;
            }
        }
    }
}

/// Reads the escape whose backslash is at `at` and returns the byte after it, which for a surrogate pair is the byte
/// after the second half. The order of the checks is that of `scanstring_unicode` in CPython's `_json.c`.
#[inline(always)]
fn escape(text: &[u8], open: usize, at: usize, notes: &mut Notes) -> Result<usize, Fault> {
    match text.get(at + 1) {
        Some(b'u') => {
            let unit = unicode_escape(text, at)?;
            if unit == 0 {
                notes.nul.get_or_insert(at);
            }
            if unit & 0xF800 == 0xD800 { surrogate(text, at, unit, notes) } else { Ok(at + 6) }
        }
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(_) => Err(Fault::new(Complaint::Escape, at)),
        None => Err(Fault::new(Complaint::Unterminated, open)),
    }
}

/// Goes on after a surrogate escape at `at`: a high half takes the low half that follows it.
fn surrogate(text: &[u8], at: usize, unit: u32, notes: &mut Notes) -> Result<usize, Fault> {
    if unit < 0xDC00 && text.get(at + 6..at + 8) == Some(br"\u") {
        let second = unicode_escape(text, at + 6)?;
        if matches!(second, 0xDC00..=0xDFFF) {
            return Ok(at + 12);
        }
    }
    notes.surrogate.get_or_insert(at);
    Ok(at + 6)
}

/// The code unit of the `\uXXXX` at `at`. CPython also wants a character after it (a closing quote, if all is well)
/// and complains about the escape where there is none.
#[inline(always)]
fn unicode_escape(text: &[u8], at: usize) -> Result<u32, Fault> {
    let fault = Fault::new(Complaint::UnicodeEscape, at + 1);
    let Some(&[a, b, c, d, _]) = text.get(at + 2..).and_then(|rest| rest.first_chunk()) else {
        return Err(fault);
    };
    let digit = |byte: u8| u32::from(HEXADECIMAL[usize::from(byte)]);
    let unit = digit(a) << 12 | digit(b) << 8 | digit(c) << 4 | digit(d);
    let valid = (digit(a) | digit(b) | digit(c) | digit(d)) < 0x10;
    if valid { Ok(unit) } else { Err(fault) }
}

/// The value of every hexadecimal digit, and 0x10 for every other byte.
const HEXADECIMAL: [u8; 256] = {
    let mut table = [0x10; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value] as usize] = value as u8;
        table[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    table
};
