//! Something that is wrong at a place of the file, and how it is shown.

use std::fmt;
use std::ops::Range;

use console::measure_text_width;

use crate::report::escape::sanitise;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// Where, in bytes.
    pub span: Range<usize>,
    /// What, as a fragment that may go on after a semicolon.
    pub what: String,
    /// What there is to choose from, if anything. Said once, however often it would help.
    pub known: Option<String>,
}

impl Mistake {
    /// A mistake with nothing to choose from.
    pub fn new(span: Range<usize>, what: impl Into<String>) -> Self {
        Self { span, what: what.into(), known: None }
    }

    /// Shows what is wrong, and the line with a mark below the place.
    pub fn show(&self, f: &mut fmt::Formatter<'_>, path: &str, text: &str) -> fmt::Result {
        let start = floor(text, self.span.start);
        let line = line_of(text, start);
        let begin = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let stop = floor(text, self.span.end).clamp(start, end);
        let [before, place, behind] =
            [&text[begin..start], &text[start..stop], text[stop..end].trim_end_matches('\r')].map(sanitise);
        let mark = "^".repeat(measure_text_width(&place).max(1));
        let (column, number) = (text[begin..start].chars().count() + 1, line.to_string());
        let (indent, gutter) = (measure_text_width(&before), number.len());
        writeln!(f, "\n{path}:{line}:{column}: {}", sanitise(&self.what))?;
        writeln!(f, "  {number} | {before}{place}{behind}\n  {:gutter$} | {:indent$}{mark}", "", "")
    }
}

/// The line on which a byte stands, counted from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..floor(text, at)].iter().filter(|byte| **byte == b'\n').count()
}

/// The beginning of the character to which a byte belongs, or the end of the text.
fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}
