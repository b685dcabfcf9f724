//! Makes stored text fit to be looked at on a terminal.
//!
//! Keys, identifiers and values come from a database that anyone with a DAG can write to. Escape sequences in them
//! could repaint the screen, bidirectional marks could reorder a line, and characters without a width could make two
//! different keys look the same. All of these are shown as the escapes that Python would print. A backslash stays a
//! backslash: the result is for eyes, and programs read the JSON report.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Replaces what must not reach a terminal by visible escapes; borrows when there is nothing to replace.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    let Some((first, _)) = text.char_indices().find(|&(_, c)| is_unsafe(c)) else { return Cow::Borrowed(text) };
    let mut safe = String::with_capacity(text.len() + 16);
    safe.push_str(&text[..first]);
    for c in text[first..].chars() {
        if is_unsafe(c) { push_escape(&mut safe, c) } else { safe.push(c) }
    }
    Cow::Owned(safe)
}

/// One sanitised line of at most `columns` terminal columns, with an ellipsis where text was cut off.
pub fn sanitise_line(text: &str, columns: usize) -> String {
    // A value may be megabytes long; what lies behind the first `columns` + 1 characters cannot be on the line.
    let end = text.char_indices().nth(columns + 1).map_or(text.len(), |(end, _)| end);
    let line = sanitise(&text[..end]);
    let cut = if end < text.len() { Cow::Owned(format!("{line}…")) } else { line };
    console::truncate_str(&cut, columns, "…").into_owned()
}

/// A character as the escape that Python would print for it, whether it needs one or not.
pub(super) fn escaped(c: char) -> String {
    let mut escape = String::new();
    push_escape(&mut escape, c);
    escape
}

fn push_escape(safe: &mut String, c: char) {
    match c {
        '\n' => safe.push_str("\\n"),
        '\r' => safe.push_str("\\r"),
        '\t' => safe.push_str("\\t"),
        _ => {
            let code = u32::from(c);
            let written = match code {
                0..=0xff => write!(safe, "\\x{code:02x}"),
                0x100..=0xffff => write!(safe, "\\u{code:04x}"),
                _ => write!(safe, "\\U{code:08x}"),
            };
            debug_assert!(written.is_ok(), "writing to a string does not fail");
        }
    }
}

/// Whether a character does something to a terminal line other than to stand in it: control characters, line and
/// paragraph separators, and everything that Unicode calls default-ignorable or bidirectional control.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn harmless_text_is_borrowed() {
        for text in ["", "plain", "naïve café", "日本語", "🦀", r"C:\new", "a/b · c[3]"] {
            assert!(matches!(sanitise(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    #[test]
    fn what_acts_on_a_terminal_is_shown_as_python_would_escape_it() {
        let cases = [
            ("\u{1b}[31mred\u{1b}[0m", r"\x1b[31mred\x1b[0m"),
            ("two\r\nlines\tand a tab", r"two\r\nlines\tand a tab"),
            ("\u{0}\u{7f}\u{9b}", r"\x00\x7f\x9b"),
            ("user\u{202e}gnp.exe", r"user\u202egnp.exe"),
            ("zero\u{200b}width\u{feff}", r"zero\u200bwidth\ufeff"),
            ("line\u{2028}paragraph\u{2029}", r"line\u2028paragraph\u2029"),
            ("tag\u{e0041}", r"tag\U000e0041"),
        ];
        for (text, expected) in cases {
            assert_eq!(sanitise(text), expected);
        }
    }

    #[test]
    fn a_line_is_cut_where_the_terminal_ends() {
        let cases = [
            ("short", 10, "short"),
            ("exactly ten", 11, "exactly ten"),
            ("one too many", 11, "one too ma…"),
            ("日本語です", 5, "日本…"),
            ("\n\n\n", 4, "\\n\\…"),
        ];
        for (text, columns, expected) in cases {
            assert_eq!(sanitise_line(text, columns), expected);
        }
    }

    #[test]
    fn a_line_says_that_a_long_text_goes_on_even_where_its_beginning_has_no_width() {
        let accents = "\u{301}".repeat(1_000);
        assert!(sanitise_line(&accents, 20).ends_with('…'));
    }

    proptest! {
        #[test]
        fn no_character_that_acts_on_a_terminal_gets_through(text in any::<String>()) {
            prop_assert!(!sanitise(&text).chars().any(is_unsafe));
        }

        #[test]
        fn no_line_is_wider_than_asked_for(text in any::<String>(), columns in 1_usize..120) {
            let line = sanitise_line(&text, columns);
            prop_assert!(!line.chars().any(is_unsafe));
            prop_assert!(console::measure_text_width(&line) <= columns, "{line:?}");
        }

        #[test]
        fn hostile_characters_among_others_never_get_through(
            text in "[a-z\u{0}-\u{1f}\u{7f}-\u{9f}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{feff}]{0,60}",
        ) {
            let safe = sanitise(&text);
            prop_assert!(safe.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{safe:?}");
        }
    }
}
