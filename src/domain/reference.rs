//! References to external storage: the forms in which builds of Airflow have stored them, and the one that counts.
//!
//! A released reader asks the storage backend for a dictionary with the key `__airflow_state_ref__` and for nothing
//! else. Development builds stored the bare reference, raw or as a JSON string, and later an envelope of their own.
//!
//! White space around a raw URI is no part of it: an editor, a shell or a hand-written statement has left it there. It
//! has to go, because the stock backend finds nothing under a name that ends in a space, and gives the task `None`
//! without a word. Inside quotes every character was meant, and of other raw text nobody knows; there it stays.

use super::encode::encode;
use super::json;
use super::repair::Reason;
use super::shape::{is_python_space, is_uri};

const KEY: &str = "__airflow_state_ref__";

/// The released form of a reference in an older one, as `json.dumps` writes it; nothing for one that has it already.
pub(super) fn released(text: &str) -> Result<Option<String>, Reason> {
    let bytes = text.as_bytes();
    if !json::is_json(bytes) {
        let trimmed = text.trim();
        return envelope(if is_uri(trimmed) { trimmed } else { text }).map(Some);
    }
    if json::members(bytes).any(|(key, _)| json::stands_for(key, KEY)) {
        return Ok(None);
    }
    let content = json::string_content(bytes).or_else(|| of_development(bytes)).ok_or(Reason::NotReference)?;
    let reference: Option<String> = json::CodePoints::of(content).map(char::from_u32).collect();
    // What cannot be text cannot be read either.
    envelope(&reference.ok_or(Reason::Unreadable)?).map(Some)
}

/// What stands between the quotes of the reference in `{"__type": "ExternalState", "__var": "<ref>"}`. With anything
/// else in it, something would be lost.
fn of_development(bytes: &[u8]) -> Option<&[u8]> {
    let mut reference = None;
    for (key, value) in json::members(bytes) {
        if json::stands_for(key, "__var") {
            reference = json::string_content(value);
        } else if !json::stands_for(key, "__type") {
            return None;
        }
    }
    reference.filter(|_| json::is_development_envelope(bytes))
}

fn envelope(reference: &str) -> Result<String, Reason> {
    if reference.chars().all(is_python_space) {
        return Err(Reason::NotReference);
    }
    Ok(format!("{{\"{KEY}\": {}}}", encode(reference)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_every_form_of_a_reference() {
        let released_form = r#"{"__airflow_state_ref__": "s3://b/k\u00e9"}"#;
        for (text, expected) in [
            ("s3://b/ké", Ok(Some(released_form))),
            (r#""s3://b/k\u00E9""#, Ok(Some(released_form))),
            (r#" "s3:\/\/b\/ké" "#, Ok(Some(released_form))),
            (r#"{"__type": "ExternalState", "__var": "s3://b/ké"}"#, Ok(Some(released_form))),
            (r#"{"__var":"x","__v\u0061r":"s3://b/ké","__type":"ExternalState"}"#, Ok(Some(released_form))),
            (" \u{a0}s3://b/ké \r\n", Ok(Some(released_form))),
            ("job 7", Ok(Some(r#"{"__airflow_state_ref__": "job 7"}"#))),
            (" job 7\n", Ok(Some(r#"{"__airflow_state_ref__": " job 7\n"}"#))),
            (r#""s3://b/k ""#, Ok(Some(r#"{"__airflow_state_ref__": "s3://b/k "}"#))),
            (r#"{"__airflow_state_ref__": "s3://b/k"}"#, Ok(None)),
            (r#"{"a": 1, "__airflow_state_re\u0066__": null}"#, Ok(None)),
            (r#"{"__type": "ExternalState", "__var": 1}"#, Err(Reason::NotReference)),
            (r#"{"__type": "ExternalState", "__var": "x", "y": 1}"#, Err(Reason::NotReference)),
            (r#"{"__type": "Other", "__var": "x"}"#, Err(Reason::NotReference)),
            (r#"{"a": "s3://b/k"}"#, Err(Reason::NotReference)),
            (r#"["s3://b/k"]"#, Err(Reason::NotReference)),
            ("42", Err(Reason::NotReference)),
            ("NaN", Err(Reason::NotReference)),
            ("", Err(Reason::NotReference)),
            (" \n", Err(Reason::NotReference)),
            (r#""""#, Err(Reason::NotReference)),
            (r#""s3://\ud800""#, Err(Reason::Unreadable)),
        ] {
            let expected = expected.map(|form: Option<&str>| form.map(str::to_owned));
            assert_eq!(released(text), expected, "{text}");
        }
    }
}
