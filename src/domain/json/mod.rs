//! JSON by the grammar that CPython's `json.loads` accepts, judged in one pass over the bytes.
//!
//! [`scan`] answers everything the readers care about on the way: whether the text parses and what Python says where
//! it does not, how high the value is, whether an integer is longer than CPython converts, unpaired surrogate
//! escapes, numbers that are not finite, keys that an object repeats. It builds no tree, does not recurse, and takes
//! any bytes without panicking. What it needs beyond a few registers lives in a scratch that a thread keeps
//! ([`scratch`]), so a healthy value costs no allocation.
//!
//! The grammar was read in CPython 3.11 (`Modules/_json.c`, `Lib/json/decoder.py`) and is pinned to that version:
//! the verdicts hold for every Python that Airflow 3.3 runs on, the messages for 3.11. It knows nothing about what a
//! finding is; `judge` makes findings out of what is reported here.

mod block;
mod complaint;
mod decode;
mod hash;
mod keys;
mod machine;
mod nesting;
mod number;
mod replaced;
mod scratch;
mod string;
mod survivors;
mod walk;
mod white;

pub use complaint::{Complaint, Fault, Level};
pub(crate) use decode::push_code_point;
pub use decode::{CodePoints, content_parses, string_content};
pub(crate) use number::float_value;
pub use number::{fits_64_bits, fits_mysql, fits_numeric, is_float, overflows};
pub use replaced::{Stumble, replaced};
pub use survivors::surviving;
pub use walk::{is_development_envelope, members, numbers, stands_for};
pub(crate) use white::white;

/// What may stand around a value and between its parts.
pub const WHITE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The Python whose messages are reported.
pub const MESSAGES_OF: &str = "CPython 3.11";

/// How far a text may go before it is marked, as long as the grammar allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most digits of an integer, the sign not counted.
    pub integer_digits: usize,
    /// The most containers inside each other.
    pub containers: u32,
    /// The greatest height, as in [`Scan::height`].
    pub height: u32,
    /// Whether an escape may stand for the character NUL.
    pub nul: bool,
}

impl Bounds {
    /// As far as memory goes.
    pub const NONE: Self = Self { integer_digits: usize::MAX, containers: u32::MAX, height: u32::MAX, nul: true };
}

/// What one pass over a text found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// A scalar is 1, an empty container is 1, a container is 1 + its highest child.
    pub height: u32,
    /// Whether the text holds a byte outside ASCII. Certain where there is no fault; else of the part before it.
    pub beyond_ascii: bool,
    /// Whether some number has very many digits, or an exponent of more than two.
    pub has_long_number: bool,
    /// Whether some key is probably `__type`, so that [`is_development_envelope`] is worth asking.
    pub may_be_envelope: bool,
    /// What is wrong or odd. Most values have nothing of the kind.
    marks: Option<Box<Marks>>,
}

/// What is wrong or odd about a text. Positions are byte offsets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Where the text stops being JSON, if it does. Everything else then holds for the part before that place.
    pub fault: Option<Fault>,
    /// What `json.loads` raises even though the grammar allows it: an integer too long to convert, or more nesting
    /// than Python's stack takes. It comes before [`Marks::fault`], and so it is what Python reports. Other readers have
    /// bounds of their own for the same.
    pub raised: Option<Fault>,
    /// The container with which the value first gets higher, or deeper, than the least of the readers takes.
    pub deep: Option<usize>,
    /// The first unpaired surrogate escape, in a string or in a key.
    pub surrogate: Option<usize>,
    /// The first `NaN`, `Infinity`, `-Infinity` or float that overflows.
    pub non_finite: Option<usize>,
    /// The first float that overflows.
    pub overflow: Option<usize>,
    /// The first of the three words, which only Python takes for numbers.
    pub word: Option<usize>,
    /// The first escape for NUL, where there may be none.
    pub nul: Option<usize>,
    /// The first key that repeats an earlier key of the same object (the place of the repetition).
    pub duplicate: Option<usize>,
}

static UNMARKED: Marks = Marks {
    fault: None,
    raised: None,
    deep: None,
    surrogate: None,
    non_finite: None,
    overflow: None,
    word: None,
    nul: None,
    duplicate: None,
};

impl Scan {
    /// What is wrong or odd about the text.
    pub fn marks(&self) -> &Marks {
        self.marks.as_deref().unwrap_or(&UNMARKED)
    }

    /// Whether nothing is wrong or odd.
    pub fn is_unmarked(&self) -> bool {
        self.marks.is_none()
    }

    /// What `json.loads` raises: the complaint that comes first in the text, whether of the grammar or of a limit.
    pub fn refusal(&self) -> Option<Fault> {
        self.marks().raised.or(self.marks().fault)
    }
}

/// Scans a text once. The bytes need not be UTF-8: they are looked at one by one, and whether they are text is asked
/// elsewhere, and only where [`Scan::beyond_ascii`] or a fault makes it a question.
pub fn scan(text: &[u8], bounds: &Bounds) -> Scan {
    let mut room = [0; SHORT + 16];
    let padded = pad(text, &mut room).unwrap_or(text);
    scratch::with(|scratch| machine::Machine::new(padded, text.len(), bounds, scratch).run())
}

/// Whether a text is JSON by the grammar, whatever its readers' limits.
pub fn is_json(text: &[u8]) -> bool {
    scan(text, &Bounds::NONE).marks().fault.is_none()
}

/// Texts up to this length are scanned in a copy.
const SHORT: usize = 112;

/// A copy of a short text with sixteen zeros behind it, so that looking at sixteen bytes at once never meets its end.
/// Most values are short, and in a short text most places are close to the end.
fn pad<'r>(text: &[u8], room: &'r mut [u8; SHORT + 16]) -> Option<&'r [u8]> {
    let (copy, _) = room.split_at_mut_checked(text.len()).filter(|(_, zeros)| zeros.len() >= 16)?;
    copy.copy_from_slice(text);
    room.get(..text.len() + 16)
}
