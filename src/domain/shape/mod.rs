//! What a text that is not JSON looks like: the kinds `empty` to `raw_text`, by the rules of `docs/shapes.md`.
//!
//! The rules are ordered and strict. Each asks for the whole text, because a name that is wrong misleads the person
//! who has to decide about the row, while `raw_text` is always true. None of them changes what a reader does with
//! the value: all of these are errors for both.

mod broken;
mod encoded;
mod msgpack;
pub mod python;
mod uri;

pub use encoded::{Payload, payload};
pub(super) use uri::is_uri;
pub use uri::is_uri_in_json;

use super::finding::Kind;
use super::json::Fault;

/// Names the shape of a text that `json.loads` refuses because of `fault`.
pub fn name(text: &str, fault: Fault) -> Kind {
    if text.chars().all(is_python_space) {
        Kind::Empty
    } else if python::is_literal(text) {
        Kind::PythonLiteral
    } else if is_uri(text.trim()) {
        Kind::BareReference
    } else if encoded::payload(text.trim()).is_some() {
        Kind::Encoded
    } else if broken::is_broken_json(text, fault) {
        Kind::BrokenJson
    } else {
        Kind::RawText
    }
}

/// What `str.isspace` counts: Unicode's white space and the four ASCII separators.
pub(super) fn is_python_space(char: char) -> bool {
    char.is_whitespace() || matches!(char, '\u{1c}'..='\u{1f}')
}
