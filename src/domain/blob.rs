//! What the readers do with a SQLite BLOB.
//!
//! SQLAlchemy hands a BLOB in the value column on as Python `bytes`, and `json.loads` takes `bytes`: it guesses among
//! UTF-8, UTF-16 and UTF-32 from the first four, and lets encoded surrogates pass. So a BLOB that holds JSON is read
//! without error (*measured* with Airflow 3.3.2), and one that does not is an error like any other.

use super::json;
use super::judge;
use super::reader::{Limits, Reading, Readings};

/// What both readers do with a BLOB.
pub(super) fn readings(bytes: &[u8], limits: &Limits) -> Readings {
    let Some(text) = decode(bytes) else {
        return Readings::both(Reading::Error);
    };
    let scan = json::scan(text.as_bytes(), limits);
    judge::readings(&json::surviving(text.as_bytes(), scan, limits), limits)
}

/// The text that Python makes of the bytes; `None` where it cannot, and where a surrogate would remain in the text,
/// which no reader can encode again.
fn decode(bytes: &[u8]) -> Option<String> {
    match encoding(bytes) {
        (Encoding::Utf8, mark) => String::from_utf8(bytes[mark..].to_vec()).ok(),
        (Encoding::Utf16 { big }, mark) => {
            let (pairs, []) = bytes[mark..].as_chunks::<2>() else { return None };
            let unit = if big { u16::from_be_bytes } else { u16::from_le_bytes };
            char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<_, _>>().ok()
        }
        (Encoding::Utf32 { big }, mark) => {
            let (quads, []) = bytes[mark..].as_chunks::<4>() else { return None };
            let unit = if big { u32::from_be_bytes } else { u32::from_le_bytes };
            quads.iter().map(|quad| char::from_u32(unit(*quad))).collect()
        }
    }
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
