//! The pass itself: a machine with two states (a value is due; a value is done) and a stack of bits.
//!
//! What changes with every value (the place, the nesting, the height) is kept in local variables, and everything that
//! is rare (faults, trouble) goes through functions that are not inlined, so that the loop stays in registers.

use super::complaint::{Complaint, Fault, Level};
use super::nesting::Nesting;
use super::scratch::Scratch;
use super::white::white;
use super::{Bounds, Marks, Scan, keys, number, string};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What changes with every value.
struct Course {
    nesting: Nesting,
    height: u32,
    /// Not zero if some byte is outside ASCII.
    high: u32,
}

/// Goes over the text once. Methods take a place in the text and return the place where reading goes on, or nothing
/// where the text stops being JSON, which they have then marked.
pub(super) struct Machine<'a> {
    /// The text, perhaps with zeros behind it.
    text: &'a [u8],
    /// Where the text ends.
    end: usize,
    bounds: &'a Bounds,
    keys: &'a mut keys::Keys,
    levels: &'a mut Vec<u64>,
    /// Not zero if some byte is outside ASCII.
    high: u32,
    height: u32,
    has_long_number: bool,
    fault: Option<Fault>,
    marks: Option<Box<Marks>>,
}

impl<'a> Machine<'a> {
    /// `text` may be longer than the text, which then is its first `end` bytes with at least sixteen zeros behind them.
    #[inline]
    pub fn new(text: &'a [u8], end: usize, bounds: &'a Bounds, scratch: &'a mut Scratch) -> Self {
        let Scratch { keys, levels, .. } = scratch;
        keys.reset();
        levels.clear();
        Self { text, end, bounds, keys, levels, height: 1, high: 0, has_long_number: false, fault: None, marks: None }
    }

    #[inline]
    pub fn run(mut self) -> Scan {
        self.document();
        if let Some(at) = self.keys.duplicate() {
            self.mark().duplicate = Some(at);
        }
        if let Some(fault) = self.fault {
            self.mark().fault = Some(fault);
        }
        Scan {
            height: self.height,
            beyond_ascii: self.high != 0,
            has_long_number: self.has_long_number,
            may_be_envelope: self.keys.had_type(),
            marks: self.marks,
        }
    }

    /// Whether `json.loads` takes the text.
    pub fn accepts(mut self) -> bool {
        self.document();
        self.fault.is_none() && self.marks.is_none_or(|marks| marks.raised.is_none())
    }

    fn document(&mut self) -> Option<()> {
        if self.text.starts_with(BYTE_ORDER_MARK) {
            return self.fail(Complaint::ByteOrderMark, 0);
        }
        let mut course = Course { nesting: Nesting::default(), height: 1, high: 0 };
        let end = self.values(&mut course);
        self.height = course.height;
        self.high |= course.high;
        let mut at = end?;
        if at != self.end {
            at = self.skip_white(at);
        }
        if at == self.end { Some(()) } else { self.fail(Complaint::ExtraData, at) }
    }

    /// Reads values until the outermost one ends.
    #[inline(always)]
    fn values(&mut self, course: &mut Course) -> Option<usize> {
        let mut at = self.skip_white(0);
        loop {
            at = self.value(at, course)?;
            if course.nesting.depth() == 0 {
                return Some(at);
            }
        }
    }

    /// A value is due at `at`. Reads a scalar, or opens a container; then goes on to where the next value is due, or
    /// to the end of the outermost one.
    #[inline(always)]
    fn value(&mut self, at: usize, course: &mut Course) -> Option<usize> {
        let end = match self.byte(at) {
            b'"' => self.string(at, course)?,
            b'{' => {
                let inside = self.open(at, true, course);
                if self.byte(inside) != b'}' {
                    self.keys.open_object();
                    return self.key(inside, course);
                }
                course.nesting.close(self.levels);
                inside + 1
            }
            b'[' => {
                let inside = self.open(at, false, course);
                if self.byte(inside) != b']' {
                    return Some(inside);
                }
                course.nesting.close(self.levels);
                inside + 1
            }
            b't' => self.constant(at, b"true")?,
            b'f' => self.constant(at, b"false")?,
            b'n' => self.constant(at, b"null")?,
            _ => self.number(at, course.nesting.depth())?,
        };
        self.done(end, course)
    }

    /// A value is done: goes on to the next one, closing what ends here.
    #[inline(always)]
    fn done(&mut self, end: usize, course: &mut Course) -> Option<usize> {
        let mut at = end;
        while course.nesting.depth() > 0 {
            at = self.skip_white(at);
            match (self.byte(at), course.nesting.in_object()) {
                (b',', true) => return self.key(self.skip_white(at + 1), course),
                (b',', false) => return Some(self.skip_white(at + 1)),
                (b'}', true) => self.keys.close_object(self.text),
                (b']', false) => {}
                _ => return self.fail(Complaint::Comma, at),
            }
            course.nesting.close(self.levels);
            at += 1;
        }
        Some(at)
    }

    /// Reads a key and the colon; returns where its value is due.
    #[inline(always)]
    fn key(&mut self, at: usize, course: &mut Course) -> Option<usize> {
        if self.byte(at) != b'"' {
            return self.fail(Complaint::PropertyName, at);
        }
        let key = string::read_key(self.text, at);
        course.high |= key.high;
        let (end, hash) = if self.byte(key.end) == b'"' {
            (key.end + 1, key.hash)
        } else {
            (self.read_on(at, key.end)?, self.keys.hash_escaped(self.text, at))
        };
        self.keys.push(hash, at);
        let colon = self.skip_white(end);
        if self.byte(colon) != b':' {
            return self.fail(Complaint::Colon, colon);
        }
        Some(self.skip_white(colon + 1))
    }

    #[inline(always)]
    fn string(&mut self, at: usize, course: &mut Course) -> Option<usize> {
        let run = string::plain_run(self.text, at + 1);
        course.high |= run.high;
        if self.byte(run.end) == b'"' { Some(run.end + 1) } else { self.read_on(at, run.end) }
    }

    /// Goes on with the string that was opened at `open` and whose first plain run ends at `at` without a quote.
    #[inline(never)]
    fn read_on(&mut self, open: usize, at: usize) -> Option<usize> {
        let mut notes = string::Notes::default();
        let read = string::read_on(&self.text[..self.end], open, at, &mut notes);
        self.high |= notes.high;
        if let Some(surrogate) = notes.surrogate {
            self.mark().surrogate.get_or_insert(surrogate);
        }
        if let Some(nul) = notes.nul.filter(|_| !self.bounds.nul) {
            self.mark().nul.get_or_insert(nul);
        }
        match read {
            Ok(end) => Some(end),
            Err(fault) => self.fail(fault.complaint, fault.at),
        }
    }

    /// Opens the container at `at` and returns the first place inside it that is not white space.
    #[inline(always)]
    fn open(&mut self, at: usize, object: bool, course: &mut Course) -> usize {
        course.nesting.open(object, self.levels);
        let inside = self.skip_white(at + 1);
        if course.nesting.depth() >= course.height {
            let closing = if object { b'}' } else { b']' };
            let empty = self.byte(inside) == closing;
            self.rise(at, object, empty, course);
        }
        inside
    }

    /// A container was opened as deep as the value is high so far, or deeper.
    #[inline(always)]
    fn rise(&mut self, at: usize, object: bool, empty: bool, course: &mut Course) {
        let depth = course.nesting.depth();
        course.height = course.height.max(depth + u32::from(!empty));
        // A value is at least as high as it is deep.
        if course.height > self.bounds.height.min(self.bounds.containers) {
            self.mark_depth(at, object, depth, course.height);
        }
    }

    #[cold]
    fn mark_depth(&mut self, at: usize, object: bool, depth: u32, height: u32) {
        let Bounds { containers, height: highest, .. } = *self.bounds;
        if height <= highest && depth <= containers {
            return;
        }
        let marks = self.mark();
        marks.deep.get_or_insert(at);
        if depth > containers {
            let level = if object { Level::Object } else { Level::Array };
            marks.raised.get_or_insert(Fault::new(Complaint::Recursion(level), at));
        }
    }

    #[inline(always)]
    fn constant(&mut self, at: usize, word: &[u8]) -> Option<usize> {
        let end = at + word.len();
        if self.text.get(at..end) == Some(word) { Some(end) } else { self.fail(Complaint::Value, at) }
    }

    #[inline(always)]
    fn number(&mut self, at: usize, depth: u32) -> Option<usize> {
        let Some(number) = number::read(self.text, at) else {
            return self.infinity(at, depth);
        };
        if number.is_long {
            self.weigh(at, &number);
        }
        Some(number.end)
    }

    /// Looks closer at a number with very many digits, or with an exponent of more than two.
    #[cold]
    fn weigh(&mut self, at: usize, number: &number::Number) {
        self.has_long_number = true;
        let limit = self.bounds.integer_digits;
        if number.is_float {
            if number::overflows(&self.text[at..number.end]) {
                let marks = self.mark();
                marks.non_finite.get_or_insert(at);
                marks.overflow.get_or_insert(at);
            }
            return;
        }
        let digits = number.end - at - usize::from(self.byte(at) == b'-');
        if digits > limit {
            let fault = Fault::new(Complaint::HugeInteger { digits, limit }, at);
            self.mark().raised.get_or_insert(fault);
        }
    }

    /// What is no number may still be one of the three words that Python takes for numbers.
    #[cold]
    fn infinity(&mut self, at: usize, depth: u32) -> Option<usize> {
        let rest = self.text.get(at..).unwrap_or_default();
        let words = ["NaN", "Infinity", "-Infinity"];
        let Some(word) = words.iter().find(|word| rest.starts_with(word.as_bytes())) else {
            return self.fail(Complaint::Value, at);
        };
        let containers = self.bounds.containers;
        let marks = self.mark();
        marks.non_finite.get_or_insert(at);
        marks.word.get_or_insert(at);
        if depth >= containers {
            marks.raised.get_or_insert(Fault::new(Complaint::Recursion(Level::Constant), at));
        }
        Some(at + word.len())
    }

    #[cold]
    fn fail<T>(&mut self, complaint: Complaint, at: usize) -> Option<T> {
        self.fault = Some(Fault::new(complaint, at));
        None
    }

    #[cold]
    fn mark(&mut self) -> &mut Marks {
        self.marks.get_or_insert_default()
    }

    /// The byte at `at`, or 0 past the end: no rule of the grammar takes a 0.
    #[inline(always)]
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or_default()
    }

    /// The first place at or after `at` that is not white space.
    #[inline(always)]
    fn skip_white(&self, at: usize) -> usize {
        white(self.text, at)
    }
}
