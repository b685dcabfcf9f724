//! base64 or hex of something recognisable.
//!
//! Random words pass for base64 and random digits for hex, so the decoded bytes decide, and they must carry a mark
//! that does not occur by chance: a magic number of three bytes or more, a header with a checksum and enough data
//! behind it, or a structure that fits the bytes to the last one.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::{Decompress, FlushDecompress, Status};

use super::msgpack;
use crate::domain::json;

/// What the decoded bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A Python pickle of protocol 2 to 5.
    Pickle,
    /// A gzip stream.
    Gzip,
    /// A zlib stream.
    Zlib,
    /// A Zstandard frame.
    Zstd,
    /// A MessagePack map with text keys.
    MsgpackMap,
    /// A JSON object, array or string.
    Json,
}

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(false);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// What the text holds, if it is base64 or hex of something recognisable, and its bytes. White space around the text
/// must be gone.
pub fn payload(text: &str) -> Option<(Payload, Vec<u8>)> {
    let bytes = decode(text)?;
    recognise(&bytes).map(|payload| (payload, bytes))
}

/// The bytes of a text that is base64 (either alphabet, lines as `base64.encodebytes` breaks them) or hex (also with
/// the `\x` that PostgreSQL prints before it).
fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(r"\x").unwrap_or(text);
    if let Ok(bytes) = hex::decode(digits) {
        return Some(bytes);
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=\r\n".contains(&byte)) {
        return None;
    }
    let joined: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    STANDARD.decode(&joined).or_else(|_| URL_SAFE.decode(&joined)).ok()
}

fn recognise(bytes: &[u8]) -> Option<Payload> {
    match bytes {
        [0x80, 2..=5, first, .., b'.'] if PICKLE_BEGINS.contains(first) => Some(Payload::Pickle),
        [0x1F, 0x8B, 8, ..] if bytes.len() >= 18 => Some(Payload::Gzip),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(Payload::Zstd),
        _ if is_zlib(bytes) => Some(Payload::Zlib),
        _ if msgpack::is_map(bytes) => Some(Payload::MsgpackMap),
        _ if is_json(bytes) => Some(Payload::Json),
        _ => None,
    }
}

/// A zlib header is two bytes: deflate with a 32 KiB window and a check that makes them divisible by 31. One of twenty
/// thousand digests begins so, and a name such as `eNodeB-00123`, so what follows must be a stream.
fn is_zlib(bytes: &[u8]) -> bool {
    let [0x78, second, stream @ ..] = bytes else { return false };
    u16::from_be_bytes([0x78, *second]).is_multiple_of(31) && second & 0x20 == 0 && inflates(stream)
}

/// Whether bytes begin with a deflate stream: all of one with no more than a checksum behind it, or the beginning of one
/// that is long.
fn inflates(bytes: &[u8]) -> bool {
    let (mut stream, mut out) = (Decompress::new(false), [0; PROBE]);
    match stream.decompress(bytes, &mut out, FlushDecompress::None) {
        Ok(Status::StreamEnd) => bytes.len().saturating_sub(stream.total_in() as usize) <= TRAILER,
        Ok(Status::Ok | Status::BufError) => bytes.len() >= LONG || stream.total_out() as usize == PROBE,
        Err(_) => false,
    }
}

/// So much of what a stream unpacks to is looked at.
const PROBE: usize = 4_096;
/// A stream that is cut off counts if it has so many bytes.
const LONG: usize = 64;
/// A checksum, or a longer one where somebody has appended something.
const TRAILER: usize = 8;

/// What the opcode behind a pickle's protocol may be: a frame, or one that puts something on the stack.
const PICKLE_BEGINS: &[u8] = b"\x95(])}NJKMGXBCc\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x96";

/// Numbers and constants are not enough (`MTIz` is `123`), and a string must be longer than a word that happens to
/// decode to one.
fn is_json(bytes: &[u8]) -> bool {
    let long_enough = match bytes.first() {
        Some(b'{' | b'[') => bytes.len() >= 4,
        Some(b'"') => bytes.len() >= 8,
        _ => false,
    };
    long_enough && str::from_utf8(bytes).is_ok() && json::is_json(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_what_backends_store() {
        for (text, payload) in [
            ("gASVCwAAAAAAAAB9lIwBYZRLAXMu", Some(Payload::Pickle)),
            ("80049506000000000000008c0161942e", Some(Payload::Pickle)),
            ("H4sIAAAAAAAC/6tWSlSyUjCsBQDOFJeaCAAAAA==", Some(Payload::Gzip)),
            ("eJyrVkpUslIwrAUADhoC9A==", Some(Payload::Zlib)),
            ("KLUv/SAIQQAAeyJhIjogMX0=", Some(Payload::Zstd)),
            ("gaFhAQ==", Some(Payload::MsgpackMap)),
            ("gaFhAQ", Some(Payload::MsgpackMap)),
            ("eyJhIjogMX0=", Some(Payload::Json)),
            ("7b2261223a20317d", Some(Payload::Json)),
            (r"\x7b2261223a20317d", Some(Payload::Json)),
            ("eyJhIjog\nMX0=\n", Some(Payload::Json)),
        ] {
            assert_eq!(super::payload(text.trim()).map(|(payload, _)| payload), payload, "{text}");
        }
    }

    #[test]
    fn leaves_words_numbers_and_digests_alone() {
        for text in [
            "",
            "hello",
            "success",
            "running",
            "Inci",
            "MTIz",
            "deadbeef",
            "cafe",
            "checkpoint_7",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "job-1234",
            "abcd====",
            "2b1c9a8e-0c47-4b1c-9d2a-3f6f0f1d2e3a",
            "eJ",
            "eJxx",
            "eNodeB-00123",
            "eNodeB_00123",
            "eNodeB-12345678",
            "eF5a-session_01x",
            "80022e",
            "8004572e",
            // SHA-256 of 15487, 78848 and 106706.
            "780124207fef06a8fabcaca2c245501c40f8a5bba139dc4ce0978396e429c987",
            "H4sI",
        ] {
            assert_eq!(payload(text), None, "{text}");
        }
    }
}
