//! Regular expressions on values.

use regex::bytes::Regex;

/// A regular expression that is looked for anywhere in a value. It works on bytes, because some values are no text,
/// and in a time that grows with the length of the value alone.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

/// Why a text is no pattern, in the words of the crate, on one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoPattern(String);

impl Pattern {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, NoPattern> {
        Regex::new(text).map(Self).map_err(|error| {
            // A syntax error is a picture of several lines, of which the last says what it is.
            let said = error.to_string();
            let last = said.lines().last().unwrap_or_default();
            NoPattern(last.strip_prefix("error: ").unwrap_or(last).to_owned())
        })
    }

    /// Whether it stands in a value.
    pub fn is_in(&self, value: &[u8]) -> bool {
        self.0.is_match(value)
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Pattern {}
