//! The tokens that a Python literal is made of, as CPython 3.11's tokenizer finds them.
//!
//! Line feeds matter outside brackets only, where the one after the literal ends it and every line that follows must
//! be blank or a comment. A line that has anything else must not be indented.

use super::{numbers, strings};

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    Comma,
    Colon,
    /// `+` or `-`.
    Sign {
        minus: bool,
    },
    /// An integer or a float.
    Real,
    /// A number with a `j`.
    Imaginary,
    /// A string, or bytes.
    Text {
        bytes: bool,
    },
    /// `None`, `True`, `False` or `...`.
    Constant,
    /// The name `set`.
    Set,
    /// The end of a line outside brackets.
    Newline,
    /// The end of the text.
    End,
}

/// Where the tokenizer is. The text must hold no NUL, and no carriage return: line ends are line feeds.
pub(super) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// Where the last token starts.
    start: usize,
    at: usize,
    line_start: bool,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), start: 0, at: 0, line_start: true }
    }

    /// How the last token is written. Tokens begin and end at ASCII characters.
    pub fn written(&self) -> &'a str {
        self.text.get(self.start..self.at).unwrap_or_default()
    }

    /// The next token, or `None` where no literal has such a thing. `in_brackets` says whether a bracket is open.
    pub fn next(&mut self, in_brackets: bool) -> Option<Token> {
        loop {
            let mut blank = false;
            if std::mem::take(&mut self.line_start) {
                let column = self.indentation()?;
                blank = matches!(self.byte(), Some(b'#' | b'\n'));
                if !blank && !in_brackets && column > 0 {
                    return None;
                }
            }
            self.skip_spaces()?;
            if self.byte() == Some(b'#') {
                self.skip_comment();
            }
            let Some(byte) = self.byte() else {
                return Some(Token::End);
            };
            if byte != b'\n' {
                return self.token(byte);
            }
            self.at += 1;
            self.line_start = true;
            if !blank && !in_brackets {
                return Some(Token::Newline);
            }
        }
    }

    /// The column at which a line begins. A backslash joins lines; the first indentation that is not zero counts.
    fn indentation(&mut self) -> Option<usize> {
        let (mut column, mut joined) = (0, 0);
        loop {
            match self.byte() {
                Some(b' ' | b'\t') => column += 1,
                Some(b'\x0c') => column = 0,
                Some(b'\\') => {
                    joined = if joined > 0 { joined } else { column };
                    self.join_lines()?;
                    continue;
                }
                _ => return Some(if joined > 0 { joined } else { column }),
            }
            self.at += 1;
        }
    }

    fn skip_spaces(&mut self) -> Option<()> {
        loop {
            match self.byte() {
                Some(b' ' | b'\t' | b'\x0c') => self.at += 1,
                Some(b'\\') => self.join_lines()?,
                _ => return Some(()),
            }
        }
    }

    /// A backslash must end its line, and another line must follow.
    fn join_lines(&mut self) -> Option<()> {
        let joins = self.bytes.get(self.at + 1) == Some(&b'\n') && self.at + 2 < self.bytes.len();
        self.at += 2;
        joins.then_some(())
    }

    fn skip_comment(&mut self) {
        while self.byte().is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    fn token(&mut self, byte: u8) -> Option<Token> {
        self.start = self.at;
        let (token, length) = match byte {
            b'(' | b'[' | b'{' => (Token::Open(byte), 1),
            b')' | b']' | b'}' => (Token::Close(byte), 1),
            b',' => (Token::Comma, 1),
            b':' => (Token::Colon, 1),
            b'+' | b'-' => (Token::Sign { minus: byte == b'-' }, 1),
            b'.' if self.rest().starts_with(b"...") => (Token::Constant, 3),
            b'0'..=b'9' | b'.' => {
                let number = numbers::read(self.rest())?;
                (if number.imaginary { Token::Imaginary } else { Token::Real }, number.length)
            }
            b'"' | b'\'' | b'a'..=b'z' | b'A'..=b'Z' => return self.text_or_name(),
            _ => return None,
        };
        self.at += length;
        Some(token)
    }

    fn text_or_name(&mut self) -> Option<Token> {
        if let Some(prefix) = strings::prefix(self.rest()) {
            let (bytes, length) = strings::read(self.rest(), prefix)?;
            self.at += length;
            return Some(Token::Text { bytes });
        }
        let rest = self.rest();
        let length = rest.iter().position(|&byte| !is_name_byte(byte)).unwrap_or(rest.len());
        self.at += length;
        match &rest[..length] {
            b"None" | b"True" | b"False" => Some(Token::Constant),
            b"set" => Some(Token::Set),
            _ => None,
        }
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }
}

/// Whether a byte may stand inside a Python name. Everything outside ASCII may, as far as the tokenizer is concerned.
pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
