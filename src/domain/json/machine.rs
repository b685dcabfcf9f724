//! The pass itself: a machine with two states (a value is due; a value is done) and a stack of bits.

use super::complaint::{Complaint, Fault, Level};
use super::nesting::Nesting;
use super::scratch::Scratch;
use super::{Scan, keys, number, string};
use crate::domain::reader::Limits;

/// How many containers may stand inside each other before `json.loads`, called from the top of a program, runs into
/// Python's recursion limit of 1000. A web server calls it from further down and gives up some levels earlier.
const PYTHON_STACK: u32 = 994;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Goes over the text once. Every method takes a place in the text and returns the place where reading goes on.
pub(super) struct Machine<'a> {
    text: &'a [u8],
    limits: &'a Limits,
    nesting: Nesting<'a>,
    keys: &'a mut keys::Keys,
    notes: string::Notes,
    scan: Scan,
}

/// What stands after a value.
enum Next {
    /// Another value is due at this place.
    Value(usize),
    /// The outermost value ended at this place.
    End(usize),
}

impl<'a> Machine<'a> {
    pub fn new(text: &'a [u8], limits: &'a Limits, scratch: &'a mut Scratch) -> Self {
        let Scratch { keys, levels, .. } = scratch;
        keys.reset();
        Self {
            text,
            limits,
            nesting: Nesting::new(levels),
            keys,
            notes: string::Notes::default(),
            scan: Scan { height: 1, ..Scan::default() },
        }
    }

    pub fn run(mut self) -> Scan {
        self.scan.fault = self.document().err();
        self.scan.beyond_ascii = self.notes.high & 0x8080_8080_8080_8080 != 0;
        self.scan.surrogate = self.notes.surrogate;
        self.scan.duplicate = self.keys.duplicate();
        self.scan
    }

    fn document(&mut self) -> Result<(), Fault> {
        if self.text.starts_with(BYTE_ORDER_MARK) {
            return Err(Fault::new(Complaint::ByteOrderMark, 0));
        }
        let mut at = self.skip_white(0);
        loop {
            match self.value(at)? {
                Next::Value(next) => at = next,
                Next::End(end) => {
                    let end = self.skip_white(end);
                    return if end == self.text.len() { Ok(()) } else { Err(Fault::new(Complaint::ExtraData, end)) };
                }
            }
        }
    }

    /// A value is due at `at`: a scalar is read to its end, a container is opened.
    #[inline(always)]
    fn value(&mut self, at: usize) -> Result<Next, Fault> {
        let end = match self.byte(at) {
            b'"' => string::read(self.text, at, &mut self.notes)?.end,
            b'{' => {
                let inside = self.open(at, true);
                if self.byte(inside) != b'}' {
                    self.keys.open_object();
                    return self.key(inside).map(Next::Value);
                }
                self.nesting.close();
                inside + 1
            }
            b'[' => {
                let inside = self.open(at, false);
                if self.byte(inside) != b']' {
                    return Ok(Next::Value(inside));
                }
                self.nesting.close();
                inside + 1
            }
            b'0'..=b'9' => self.number(at)?,
            _ => self.word(at)?,
        };
        self.done(end)
    }

    /// A value is done: goes on to the next one, closing what ends here.
    #[inline(always)]
    fn done(&mut self, end: usize) -> Result<Next, Fault> {
        let mut at = end;
        while self.nesting.depth() > 0 {
            at = self.skip_white(at);
            match (self.byte(at), self.nesting.in_object()) {
                (b',', false) => return Ok(Next::Value(self.skip_white(at + 1))),
                (b',', true) => {
                    let at = self.skip_white(at + 1);
                    return self.key(at).map(Next::Value);
                }
                (b'}', true) => {
                    if self.nesting.depth() == 1 {
                        self.scan.envelope = self.keys.is_envelope(self.text);
                    }
                    self.keys.close_object(self.text);
                }
                (b']', false) => {}
                _ => return Err(Fault::new(Complaint::Comma, at)),
            }
            self.nesting.close();
            at += 1;
        }
        Ok(Next::End(at))
    }

    /// Reads a key and the colon; returns where its value is due.
    #[inline(always)]
    fn key(&mut self, at: usize) -> Result<usize, Fault> {
        if self.byte(at) != b'"' {
            return Err(Fault::new(Complaint::PropertyName, at));
        }
        let read = string::read(self.text, at, &mut self.notes)?;
        self.keys.push(self.text, at, read.end, read.escaped);
        let colon = self.skip_white(read.end);
        if self.byte(colon) != b':' {
            return Err(Fault::new(Complaint::Colon, colon));
        }
        Ok(self.skip_white(colon + 1))
    }

    /// Opens the container at `at` and returns the first place inside it that is not white space.
    #[inline(always)]
    fn open(&mut self, at: usize, object: bool) -> usize {
        self.nesting.open(object);
        let depth = self.nesting.depth();
        let inside = self.skip_white(at + 1);
        let empty = matches!((object, self.byte(inside)), (true, b'}') | (false, b']'));
        if depth >= self.scan.height {
            self.rise(at, object, depth + u32::from(!empty));
        }
        inside
    }

    /// A container was opened as deep as the value is high so far, or deeper.
    fn rise(&mut self, at: usize, object: bool, height: u32) {
        if height > self.limits.worker_height.min(self.limits.api_height) {
            self.scan.deep.get_or_insert(at);
        }
        if self.nesting.depth() > PYTHON_STACK {
            let level = if object { Level::Object } else { Level::Array };
            self.scan.raised.get_or_insert(Fault::new(Complaint::Recursion(level), at));
        }
        self.scan.height = self.scan.height.max(height);
    }

    #[inline(always)]
    fn number(&mut self, at: usize) -> Result<usize, Fault> {
        let read = number::read(self.text, at)?;
        if read.infinite {
            self.scan.non_finite.get_or_insert(at);
        }
        if read.integer_digits > self.limits.integer_digits {
            let complaint = Complaint::HugeInteger { digits: read.integer_digits, limit: self.limits.integer_digits };
            self.scan.raised.get_or_insert(Fault::new(complaint, at));
        }
        Ok(read.end)
    }

    /// Reads a constant, or a number with a sign.
    #[inline(always)]
    fn word(&mut self, at: usize) -> Result<usize, Fault> {
        let rest = self.text.get(at..).unwrap_or_default();
        for word in [&b"true"[..], b"false", b"null"] {
            if rest.starts_with(word) {
                return Ok(at + word.len());
            }
        }
        for word in [&b"NaN"[..], b"Infinity", b"-Infinity"] {
            if rest.starts_with(word) {
                self.scan.non_finite.get_or_insert(at);
                if self.nesting.depth() >= PYTHON_STACK {
                    self.scan.raised.get_or_insert(Fault::new(Complaint::Recursion(Level::Constant), at));
                }
                return Ok(at + word.len());
            }
        }
        self.number(at)
    }

    /// The byte at `at`, or 0 past the end: no rule of the grammar takes a 0.
    #[inline(always)]
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or_default()
    }

    /// The first place at or after `at` that is not white space. One space, as `json.dumps` writes it, or none is
    /// the usual case.
    #[inline(always)]
    fn skip_white(&self, at: usize) -> usize {
        if self.byte(at) > b' ' {
            return at;
        }
        if self.byte(at + 1) > b' ' && self.byte(at) == b' ' {
            return at + 1;
        }
        white(self.text, at)
    }
}

/// The first byte at or after `at` that JSON does not count as white space.
#[cold]
pub(crate) fn white(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let length = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(rest.len());
    at + length
}
