//! Strings: where they end, which escapes they hold, and what CPython says of the bad ones.

use super::complaint::{Complaint, Fault};

/// One string that was read to its end.
pub(super) struct Read {
    /// The byte after the closing quote.
    pub end: usize,
    /// Whether it holds a backslash, so that its content must be decoded before it is compared.
    pub escaped: bool,
}

/// What strings say about the whole text.
#[derive(Default)]
pub(super) struct Notes {
    /// A bit 7 somewhere in here means that some byte is outside ASCII.
    pub high: u64,
    /// The first unpaired surrogate escape.
    pub surrogate: Option<usize>,
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The eight bytes from `at`, the first one lowest; what lies beyond the end of the text counts as 0, which no
/// string may hold, so a search stops there by itself.
#[inline(always)]
fn word_at(text: &[u8], at: usize) -> u64 {
    match text.get(at..at + 8) {
        Some(bytes) => u64::from_le_bytes(bytes.try_into().unwrap_or_default()),
        None => last_word(text, at),
    }
}

/// [`word_at`] for the last seven bytes of a text.
#[inline]
fn last_word(text: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    let rest = text.get(at..).unwrap_or_default();
    bytes[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(bytes)
}

/// Bit 7 of every byte of the word that ends a plain run: a quote, a backslash, a control character. Bits above the
/// lowest one set may be wrong, which does not matter: only the first is used.
#[inline(always)]
fn stops(word: u64) -> u64 {
    let zero_bytes = |word: u64| word.wrapping_sub(LOW) & !word;
    let quote = zero_bytes(word ^ (LOW * b'"' as u64));
    let backslash = zero_bytes(word ^ (LOW * b'\\' as u64));
    let control = word.wrapping_sub(LOW * 0x20) & !word;
    (quote | backslash | control) & HIGH
}

/// Reads the string whose opening quote is at `open`.
#[inline(always)]
pub(super) fn read(text: &[u8], open: usize, notes: &mut Notes) -> Result<Read, Fault> {
    let end = plain_end(text, open + 1, notes);
    if text.get(end) == Some(&b'"') {
        return Ok(Read { end: end + 1, escaped: false });
    }
    read_escaped(text, open, end, notes)
}

/// The first byte at or after `from` that is a quote, a backslash, a control character or the end of the text.
#[inline(always)]
fn plain_end(text: &[u8], from: usize, notes: &mut Notes) -> usize {
    let mut at = from;
    loop {
        let word = word_at(text, at);
        let stop = stops(word);
        if stop != 0 {
            // Only the bytes before the stop belong to the run.
            notes.high |= word & (stop & stop.wrapping_neg()).wrapping_sub(1);
            return at + stop.trailing_zeros() as usize / 8;
        }
        notes.high |= word;
        at += 8;
    }
}

/// Goes on with a string whose first plain run ends at `stop` with something else than the closing quote.
#[cold]
#[inline(never)]
fn read_escaped(text: &[u8], open: usize, stop: usize, notes: &mut Notes) -> Result<Read, Fault> {
    let mut at = stop;
    let mut escaped = false;
    loop {
        match text.get(at) {
            None => return Err(Fault::new(Complaint::Unterminated, open)),
            Some(b'"') => return Ok(Read { end: at + 1, escaped }),
            Some(b'\\') => at = escape(text, open, at, notes)?,
            Some(_) => return Err(Fault::new(Complaint::Control, at)),
        }
        escaped = true;
        at = plain_end(text, at, notes);
    }
}

/// Reads the escape whose backslash is at `at` and returns the byte after it, which for a surrogate pair is the byte
/// after the second half. The order of the checks is that of `scanstring_unicode` in CPython's `_json.c`.
fn escape(text: &[u8], open: usize, at: usize, notes: &mut Notes) -> Result<usize, Fault> {
    match text.get(at + 1) {
        None => Err(Fault::new(Complaint::Unterminated, open)),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            let first = unicode_escape(text, at)?;
            match first {
                0xD800..=0xDBFF if is_pair_candidate(text, at + 6) => {
                    let second = unicode_escape(text, at + 6)?;
                    if matches!(second, 0xDC00..=0xDFFF) {
                        return Ok(at + 12);
                    }
                    notes.surrogate.get_or_insert(at);
                }
                0xD800..=0xDFFF => {
                    notes.surrogate.get_or_insert(at);
                }
                _ => {}
            }
            Ok(at + 6)
        }
        Some(_) => Err(Fault::new(Complaint::Escape, at)),
    }
}

/// Whether CPython reads the escape at `at` together with the high surrogate before it: a `\u` with at least one
/// character after its four digits.
fn is_pair_candidate(text: &[u8], at: usize) -> bool {
    text.get(at..at + 2) == Some(br"\u") && characters_follow(text, at + 2, 5)
}

/// The code unit of the `\uXXXX` at `at`. CPython also wants a character after it (a closing quote, if all is well)
/// and complains about the escape where there is none.
fn unicode_escape(text: &[u8], at: usize) -> Result<u32, Fault> {
    let fault = Fault::new(Complaint::UnicodeEscape, at + 1);
    if !characters_follow(text, at + 2, 5) {
        return Err(fault);
    }
    let mut unit = 0;
    for &byte in text.get(at + 2..at + 6).ok_or(fault)? {
        unit = unit << 4 | char::from(byte).to_digit(16).ok_or(fault)?;
    }
    Ok(unit)
}

/// Whether at least `count` characters (not bytes: CPython counts characters) stand at or after `at`.
fn characters_follow(text: &[u8], at: usize, count: usize) -> bool {
    let begins = |byte: &&u8| **byte & 0xC0 != 0x80;
    text.get(at..).unwrap_or_default().iter().filter(begins).take(count).count() == count
}
