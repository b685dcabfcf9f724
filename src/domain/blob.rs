//! What readers do with a SQLite BLOB.
//!
//! SQLAlchemy hands a BLOB in the value column on as Python `bytes`, and `json.loads` takes `bytes`: it guesses among
//! UTF-8, UTF-16 and UTF-32 from the first four, and lets encoded surrogates pass. So a BLOB that holds JSON is read
//! without error (*measured* with Airflow 3.3.2), and one that does not is an error like any other. Readers that are
//! not Python's take the bytes for UTF-8.

use super::judge::Judge;
use super::reader::{Reader, Reading, Readings};

/// What the readers do with a BLOB.
pub(super) fn readings(judge: &Judge, bytes: &[u8]) -> Readings {
    let text = match judge.reader {
        Reader::Airflow | Reader::JsonLoads => decode(bytes),
        Reader::Rfc8259 | Reader::Jsonb | Reader::MysqlJson => str::from_utf8(bytes).ok().map(str::to_owned),
    };
    match text {
        Some(text) => judge.readings(text.as_bytes()),
        None => Readings::all(judge.reader, Reading::Error),
    }
}

/// The text that Python makes of the bytes; `None` where it cannot. Surrogates that are encoded as if they were
/// characters stay unpaired in Python, whatever stands next to them; here they become escapes that stay unpaired too.
fn decode(bytes: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(bytes.len());
    match encoding(bytes) {
        (Encoding::Utf8, mark) => decode_utf8(&bytes[mark..], &mut out)?,
        (Encoding::Utf16 { big }, mark) => {
            let (pairs, []) = bytes[mark..].as_chunks::<2>() else { return None };
            let unit = if big { u16::from_be_bytes } else { u16::from_le_bytes };
            for char in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
                let code = char.map_or_else(|error| error.unpaired_surrogate().into(), u32::from);
                push(code, &mut out)?;
            }
        }
        (Encoding::Utf32 { big }, mark) => {
            let (quads, []) = bytes[mark..].as_chunks::<4>() else { return None };
            let unit = if big { u32::from_be_bytes } else { u32::from_le_bytes };
            for quad in quads {
                push(unit(*quad), &mut out)?;
            }
        }
    }
    Some(out)
}

fn decode_utf8(mut bytes: &[u8], out: &mut String) -> Option<()> {
    loop {
        let error = match str::from_utf8(bytes) {
            Ok(rest) => {
                out.push_str(rest);
                return Some(());
            }
            Err(error) => error,
        };
        let (good, bad) = bytes.split_at(error.valid_up_to());
        out.push_str(str::from_utf8(good).ok()?);
        let [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, rest @ ..] = bad else { return None };
        push(0xD000 | u32::from(second & 0x3F) << 6 | u32::from(third & 0x3F), out)?;
        bytes = rest;
    }
}

fn push(code: u32, out: &mut String) -> Option<()> {
    match char::from_u32(code) {
        Some(char) => out.push(char),
        // The spaces keep it apart from the escapes next to it.
        None if code <= 0x10_FFFF => out.push_str(&format!(" \\u{code:04x} ")),
        None => return None,
    }
    Some(())
}

#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16 { big: bool },
    Utf32 { big: bool },
}

/// The encoding that `json.detect_encoding` guesses, and the length of the byte order mark that it strips.
fn encoding(bytes: &[u8]) -> (Encoding, usize) {
    match bytes {
        [0, 0, 0xFE, 0xFF, ..] => (Encoding::Utf32 { big: true }, 4),
        [0xFF, 0xFE, 0, 0, ..] => (Encoding::Utf32 { big: false }, 4),
        [0xFE, 0xFF, ..] => (Encoding::Utf16 { big: true }, 2),
        [0xFF, 0xFE, ..] => (Encoding::Utf16 { big: false }, 2),
        [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
        [0, 0, _, _, ..] => (Encoding::Utf32 { big: true }, 0),
        [0, _, _, _, ..] | [0, _] => (Encoding::Utf16 { big: true }, 0),
        [_, 0, 0, 0, ..] => (Encoding::Utf32 { big: false }, 0),
        [_, 0, _, _, ..] | [_, 0] => (Encoding::Utf16 { big: false }, 0),
        _ => (Encoding::Utf8, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_json_loads_reads_from_bytes() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        for (bytes, reading) in [
            (b"{\"a\": 1}".to_vec(), Reading::Ok),
            (b"\xEF\xBB\xBF1".to_vec(), Reading::Ok),
            (utf16("[\"\u{1F600}\"]"), Reading::Ok),
            (utf16("\u{FEFF}7"), Reading::Ok),
            (vec![0, 0, 0, b'7'], Reading::Ok),
            (vec![b'7', 0], Reading::Ok),
            (b"NaN".to_vec(), Reading::Altered),
            (b"".to_vec(), Reading::Error),
            (b"hello".to_vec(), Reading::Error),
            (b"\x80\x04}\x94.".to_vec(), Reading::Error),
            (b"\"\xFF\"".to_vec(), Reading::Error),
            (b"\"\xED\xA0\x80\"".to_vec(), Reading::Error),
            (b"\"\\ud83d\xED\xB8\x80\"".to_vec(), Reading::Error),
            (b"{\"a\": \"\xED\xA0\x80\", \"a\": 1}".to_vec(), Reading::Ok),
            (vec![0, 0x11, 0, 0], Reading::Error),
        ] {
            assert_eq!(readings(&Judge::default(), &bytes), Readings::both(reading), "{bytes:?}");
        }
    }
}
