//! What a value stands for that is not the JSON it should be: Python literals, encoded payloads, JSON in a JSON string.

mod literal;

use super::repair::Reason;

/// The JSON that a text stands for. Whether readers take it is not asked here.
pub(super) fn decode(text: &str) -> Result<String, Reason> {
    literal::decode(text).unwrap_or(Err(Reason::NotDecodable))
}
