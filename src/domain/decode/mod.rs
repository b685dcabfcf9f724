//! What a value stands for that is not the JSON it should be: Python literals, encoded payloads, JSON in a JSON string.
//!
//! The shapes are those of `docs/shapes.md`, in the same order: what is JSON is never taken for anything else. Whether
//! readers take the result is asked by `repair`.

mod inflate;
pub mod literal;
mod payload;
mod zstd;

use super::json;
use super::repair::Reason;

/// The JSON that a text stands for.
pub(super) fn decode(text: &str) -> Result<String, Reason> {
    if json::is_json(text.as_bytes()) {
        return inner_document(text).ok_or(Reason::NotDecodable);
    }
    literal::decode(text).or_else(|| payload::decode(text.trim())).unwrap_or(Err(Reason::NotDecodable))
}

/// What stands in a JSON string, if that is a JSON object, array or string.
fn inner_document(text: &str) -> Option<String> {
    let content = json::string_content(text.as_bytes())?;
    let inner: String = json::CodePoints::of(content).map(char::from_u32).collect::<Option<_>>()?;
    let opens = inner.as_bytes().get(json::white(inner.as_bytes(), 0)).is_some_and(|first| b"{[\"".contains(first));
    (opens && json::is_json(inner.as_bytes())).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_stands_for_something_else() {
        for (text, json) in [
            ("{'a': 1}", Ok(r#"{"a": 1}"#)),
            ("eyJhIjogMX0=", Ok(r#"{"a": 1}"#)),
            (" 7b2261223a20317d\n", Ok(r#"{"a": 1}"#)),
            (r#""{\"a\": \"\u00e9\\u00e9\"}""#, Ok(r#"{"a": "é\u00e9"}"#)),
            (r#" " [1, 2] " "#, Ok(" [1, 2] ")),
            (r#""\"a\"""#, Ok(r#""a""#)),
            (r#""42""#, Err(Reason::NotDecodable)),
            (r#""null""#, Err(Reason::NotDecodable)),
            (r#""{'a': 1}""#, Err(Reason::NotDecodable)),
            (r#""[\"\ud800\"]""#, Err(Reason::NotDecodable)),
            (r#"{"a": "[]"}"#, Err(Reason::NotDecodable)),
            ("NaN", Err(Reason::NotDecodable)),
            ("12", Err(Reason::NotDecodable)),
            ("", Err(Reason::NotDecodable)),
            ("hello", Err(Reason::NotDecodable)),
            ("s3://bucket/key", Err(Reason::NotDecodable)),
            (r#"{"a": 1"#, Err(Reason::NotDecodable)),
        ] {
            assert_eq!(decode(text), json.map(str::to_owned), "{text}");
        }
    }
}
