//! What `json.loads` says of a text that it refuses, word for word, and where it points.

use std::fmt::Write;

/// Why `json.loads` refuses a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// The text starts with a byte order mark.
    ByteOrderMark,
    /// Something else than a value stands where a value belongs.
    Value,
    /// The value is complete and the text goes on.
    ExtraData,
    /// A key must be a string.
    PropertyName,
    /// A colon must follow a key.
    Colon,
    /// A comma or the end of the container must follow a member.
    Comma,
    /// The text ends inside a string.
    Unterminated,
    /// A character below 0x20 inside a string.
    Control,
    /// A backslash before a character that means nothing.
    Escape,
    /// `\u` without four hexadecimal digits.
    UnicodeEscape,
    /// An integer of more digits than CPython converts.
    HugeInteger {
        /// How many it has, the sign not counted.
        digits: usize,
        /// How many it may have.
        limit: usize,
    },
    /// More containers inside each other than Python's stack takes.
    Recursion(Level),
}

/// What Python was about to do when its stack ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Reading an array.
    Array,
    /// Reading an object.
    Object,
    /// Reading `NaN` or an infinity, for which the scanner calls a function and so needs one level more.
    Constant,
}

/// A complaint and the byte it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub complaint: Complaint,
    /// Where, in bytes from the beginning of the text; the length of the text where its end is the trouble.
    pub at: usize,
}

impl Fault {
    pub(super) fn new(complaint: Complaint, at: usize) -> Self {
        Self { complaint, at }
    }

    /// Python's message. Line, column and `char` count characters as Python does; `text` is the text that was
    /// scanned. None of the text is repeated.
    pub fn message(&self, text: &[u8]) -> String {
        let mut message = match self.complaint {
            Complaint::ByteOrderMark => "Unexpected UTF-8 BOM (decode using utf-8-sig)",
            Complaint::Value => "Expecting value",
            Complaint::ExtraData => "Extra data",
            Complaint::PropertyName => "Expecting property name enclosed in double quotes",
            Complaint::Colon => "Expecting ':' delimiter",
            Complaint::Comma => "Expecting ',' delimiter",
            Complaint::Unterminated => "Unterminated string starting at",
            Complaint::Control => "Invalid control character at",
            Complaint::Escape => r"Invalid \escape",
            Complaint::UnicodeEscape => r"Invalid \uXXXX escape",
            Complaint::HugeInteger { digits, limit } => {
                return format!(
                    "Exceeds the limit ({limit} digits) for integer string conversion: value has {digits} digits; \
                     use sys.set_int_max_str_digits() to increase the limit"
                );
            }
            Complaint::Recursion(level) => {
                let doing = match level {
                    Level::Array => "decoding a JSON array from a unicode string",
                    Level::Object => "decoding a JSON object from a unicode string",
                    Level::Constant => "calling a Python object",
                };
                return format!("maximum recursion depth exceeded while {doing}");
            }
        }
        .to_owned();
        let before = &text[..self.at.min(text.len())];
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        let (column, char) = (characters(&before[line_start..]) + 1, characters(before));
        let _ = write!(message, ": line {line} column {column} (char {char})");
        message
    }
}

/// How many characters of UTF-8 begin in these bytes.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}
