//! Text that was JSON once, or was meant to be: it starts like JSON and fails later.

use crate::domain::json::{self, Bounds, Complaint, Fault};

/// Whether a text that `json.loads` refuses at `fault` started like JSON.
///
/// A text that opens with a brace, a bracket or a quote started like JSON if something after that was right as well,
/// or if it ends there: `{"a": 1`, `[1, 2,]`, `"half`, `{`. What breaks on the very next character was never JSON:
/// `[INFO] done`, `{name}`. A number or a word at the start says little (`2026-05-04`, `true story`), so there the
/// whole text must be several documents with white space between them. A byte order mark before good JSON counts too.
pub(super) fn is_broken_json(text: &str, fault: Fault) -> bool {
    if fault.complaint == Complaint::ByteOrderMark {
        let rest = text.trim_start_matches('\u{feff}').as_bytes();
        return json::is_json(rest);
    }
    let start = json::white(text.as_bytes(), 0);
    match text.as_bytes().get(start) {
        Some(b'"') => true,
        Some(b'{' | b'[') => {
            let inside = json::white(text.as_bytes(), start + 1);
            fault.at > inside || inside == text.len()
        }
        Some(_) => fault.complaint == Complaint::ExtraData && is_several_documents(text.as_bytes(), fault.at),
        None => false,
    }
}

/// Whether only whole documents follow, each with white space before it.
fn is_several_documents(text: &[u8], mut at: usize) -> bool {
    while at < text.len() {
        if !matches!(text[at - 1], b' ' | b'\t' | b'\n' | b'\r') {
            return false;
        }
        match json::scan(&text[at..], &Bounds::NONE).marks().fault {
            None => return true,
            Some(Fault { complaint: Complaint::ExtraData, at: next }) => at += next,
            Some(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_like_json_and_fails_later() {
        for (text, broken) in [
            (r#"{"a": 1"#, true),
            (r#"{"a": true,}"#, true),
            ("{", true),
            ("[ ", true),
            (r#""half"#, true),
            (r#""said" he"#, true),
            (r#"{"a":1}{"b":2}"#, true),
            ("1 2", true),
            ("1\n2\nnull\n", true),
            ("\u{feff}{\"a\": 1}", true),
            ("\u{feff}hello", false),
            ("[INFO] done", false),
            ("{name}", false),
            ("2026-05-04", false),
            ("012", false),
            ("true story", false),
            ("3 apples", false),
            ("hello", false),
            ("-", false),
        ] {
            let fault = json::scan(text.as_bytes(), &Bounds::NONE).marks().fault.expect("not JSON");
            assert_eq!(is_broken_json(text, fault), broken, "{text}");
        }
    }
}
