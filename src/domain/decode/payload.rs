//! base64 or hex of JSON, or of JSON that is compressed. One level only, and pickles are never opened.

use super::{inflate, zstd};
use crate::domain::json;
use crate::domain::repair::Reason;
use crate::domain::shape::{self, Payload};

/// The most bytes that are unpacked: no text column holds more.
const MOST: usize = 16 << 20;

/// The JSON that a text holds; `None` if it is no payload. White space around the text must be gone.
pub(super) fn decode(text: &str) -> Option<Result<String, Reason>> {
    let (payload, bytes) = shape::payload(text)?;
    Some(match payload {
        Payload::Pickle => Err(Reason::Pickle),
        Payload::MsgpackMap => Err(Reason::Msgpack),
        Payload::Json => document(bytes),
        Payload::Gzip => inflate::gzip(&bytes, MOST).and_then(document),
        Payload::Zlib => inflate::zlib(&bytes, MOST).and_then(document),
        Payload::Zstd => zstd::unpack(&bytes, MOST).and_then(document),
    })
}

fn document(bytes: Vec<u8>) -> Result<String, Reason> {
    let text = String::from_utf8(bytes).map_err(|_| Reason::NotJsonInside)?;
    if json::is_json(text.as_bytes()) { Ok(text) } else { Err(Reason::NotJsonInside) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_what_is_json_inside_and_nothing_else() {
        let json = r#"{"a": 1}"#;
        for (text, decoded) in [
            ("eyJhIjogMX0=", Ok(json)),
            ("eyJhIjogMX0", Ok(json)),
            ("eyJhIjog\nMX0=", Ok(json)),
            (r"\x7b2261223a20317d", Ok(json)),
            ("H4sIAAAAAAACA6tWSlSyUjCsBQCXjqH7CAAAAA==", Ok(json)),
            ("H4sIAAAAAAACA6tWSlSyUjCsBQCXjqH7CAAAAAAA", Ok(json)),
            ("eJyrVkpUslIwrAUACeUCKQ==", Ok(json)),
            ("KLUv/QBYQQAAeyJhIjogMX0=", Ok(json)),
            ("KLUv/QRYQQAAeyJhIjogMX19kZ15", Ok(json)),
            // A byte less, another checksum, another length, a byte more.
            ("eJyrVkpUslIwrAUACeUC", Err(Reason::Damaged)),
            ("eJyrVkpUslIwrAUACeUCKA==", Err(Reason::Damaged)),
            ("eJyrVkpUslIwrAUACeUCKQA=", Err(Reason::Damaged)),
            ("H4sIAAAAAAACA6tWSlSyUjCsBQCXjqH6CAAAAA==", Err(Reason::Damaged)),
            ("H4sIAAAAAAACA6tWSlSyUjCsBQCXjqH7CQAAAA==", Err(Reason::Damaged)),
            ("H4sIAAAAAAACA6tWSlSyUjCsBQCXjqH7CAAAAHg=", Err(Reason::Damaged)),
            ("KLUv/QRYQQAAeyJhIjogMX19kZ14", Err(Reason::Damaged)),
            ("KLUv/QRYQQAAeyJhIjogMX19kZ0=", Err(Reason::Damaged)),
            ("KLUv/QBYQQAAeyJhIjogMX14", Err(Reason::Damaged)),
            ("KLUv/SAJQQAAeyJhIjogMX0=", Err(Reason::Damaged)),
            ("gASVCwAAAAAAAAB9lIwBYZRLAXMu", Err(Reason::Pickle)),
            ("gaFhAQ==", Err(Reason::Msgpack)),
            // zlib of base64 of JSON.
            ("eJxLrfTK8MzKT/eNMLAFAB0rBCw=", Err(Reason::NotJsonInside)),
        ] {
            assert_eq!(decode(text), Some(decoded.map(str::to_owned)), "{text}");
        }
        assert_eq!(decode("hello"), None);
    }
}
