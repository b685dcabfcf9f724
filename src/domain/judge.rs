//! The judgement: what is to be said of a stored value, by the exact rules of its readers.
//!
//! [`Judge::judge`] is a pure function of the bytes and the limits. It asks `json` what `json.loads` would do and
//! what the value is like, asks `shape` for a name where it is not JSON, and picks the first kind that applies in the
//! order of [`Kind`]. What other readers than Airflow's make of JSON is in [`own`].

use super::finding::{Finding, Kind};
use super::json::{self, Bounds, Scan, Stumble};
use super::reader::{Limits, Reader, Reading, Readings};
use super::{blob, shape};

mod own;

/// A value as the database stores it.
#[derive(Clone, Copy, Debug)]
pub enum Stored<'a> {
    /// From a text column. The bytes may turn out not to be UTF-8.
    Text(&'a [u8]),
    /// A SQLite BLOB.
    Blob(&'a [u8]),
}

impl<'a> Stored<'a> {
    /// The bytes, whatever they are.
    pub fn bytes(&self) -> &'a [u8] {
        match self {
            Self::Text(bytes) | Self::Blob(bytes) => bytes,
        }
    }
}

/// Judges values for one reader, by the limits of one Airflow release and one configuration.
#[derive(Clone, Copy, Debug)]
pub struct Judge {
    /// Who reads the values.
    pub reader: Reader,
    /// How far Airflow's readers go.
    pub limits: Limits,
    /// `[state_store] max_value_storage_bytes`; `None` means that there is no limit.
    pub max_value_bytes: Option<u64>,
}

impl Default for Judge {
    /// The newest release known, and Airflow's default configuration.
    fn default() -> Self {
        Self { reader: Reader::Airflow, limits: Limits::default(), max_value_bytes: Some(65535) }
    }
}

impl Judge {
    /// The judge for another reader.
    #[must_use]
    pub const fn of(&self, reader: Reader) -> Self {
        Self { reader, ..*self }
    }

    /// What is to be said of a value; `None` if nothing, because its readers get exactly what was stored.
    pub fn judge(&self, value: Stored<'_>) -> Option<Finding> {
        match value {
            Stored::Text(bytes) => self.judge_text(bytes),
            Stored::Blob(bytes) => Some(Finding {
                kind: Kind::NotText,
                readings: blob::readings(self, bytes),
                message: "a SQLite BLOB, not text".to_owned(),
                offset: Some(0),
            }),
        }
    }

    /// Whether all readers get exactly what the text says, which is what a rewrite must be accepted for.
    pub fn reads_ok(&self, text: &str) -> bool {
        self.readings(text.as_bytes()).are_ok()
    }

    /// What the readers do with a text.
    pub(super) fn readings(&self, text: &[u8]) -> Readings {
        if self.reader != Reader::Airflow {
            return Readings::all(self.reader, own::reading(self.reader, text));
        }
        let scan = json::scan(text, &self.limits.bounds);
        readings(&json::surviving(text, scan, &self.limits.bounds), &self.limits)
    }

    /// Whether a reader stumbles over something that can stand in JSON by the grammar, or may.
    pub(super) fn stumbles(&self, over: Stumble<'_>) -> bool {
        match over {
            Stumble::Word | Stumble::Surrogate => true,
            Stumble::Nul => !self.bounds().nul,
            Stumble::Number(number) => !own::holds(self.reader, number),
        }
    }

    fn bounds(&self) -> Bounds {
        if self.reader == Reader::Airflow { self.limits.bounds } else { self.reader.bounds() }
    }

    #[inline]
    fn judge_text(&self, bytes: &[u8]) -> Option<Finding> {
        let scan = json::scan(bytes, &self.bounds());
        let plain = scan.is_unmarked() && !scan.beyond_ascii;
        if plain && !self.may_be_remarkable(bytes, &scan) { None } else { self.look_closer(bytes, scan) }
    }

    /// Judges a text of which something may be said. Most values never get here.
    #[inline(never)]
    fn look_closer(&self, bytes: &[u8], scan: Scan) -> Option<Finding> {
        let fault = scan.marks().fault;
        let fails = Readings::all(self.reader, Reading::Error);
        if (scan.beyond_ascii || fault.is_some())
            && let Some(at) = where_utf8_ends(bytes)
        {
            return Some(finding(Kind::NotText, fails, "not UTF-8".to_owned(), at));
        }
        if let Some(fault) = fault {
            let refusal = if own::is_python(self.reader) { scan.refusal().unwrap_or(fault) } else { fault };
            let kind = str::from_utf8(bytes).map_or(Kind::NotText, |text| shape::name(text, fault));
            return Some(finding(kind, fails, refusal.message(bytes), refusal.at));
        }
        if self.reader == Reader::Airflow {
            self.judge_json(bytes, &json::surviving(bytes, scan, &self.limits.bounds))
        } else {
            own::judge_json(self.reader, bytes, scan)
        }
    }

    /// Whether anything can be said of a text that has no marks: most values are containers or numbers, of which
    /// nothing can.
    #[inline]
    fn may_be_remarkable(&self, bytes: &[u8], scan: &Scan) -> bool {
        let plain = matches!(bytes.first(), Some(b'{' | b'[' | b'0'..=b'9' | b'-' | b't' | b'f'));
        let airflow = || scan.may_be_envelope || self.max_value_bytes.is_some_and(|limit| bytes.len() as u64 > limit);
        !plain || if self.reader == Reader::Airflow { airflow() } else { own::may_be_remarkable(self.reader, scan) }
    }

    /// Judges a text that is JSON by the grammar, errors first.
    fn judge_json(&self, bytes: &[u8], scan: &Scan) -> Option<Finding> {
        let (kind, message, at) = self.trouble(bytes, scan).or_else(|| self.remark(bytes, scan))?;
        let readings = readings(scan, &self.limits);
        // What json.loads itself raises comes before anything that a reader does later.
        match scan.marks().raised {
            Some(raised) => Some(finding(kind, readings, raised.message(bytes), raised.at)),
            None => Some(finding(kind, readings, message, at)),
        }
    }

    /// The first thing that makes a reader fail or read something else.
    fn trouble(&self, bytes: &[u8], scan: &Scan) -> Option<(Kind, String, usize)> {
        let marks = scan.marks();
        if let Some(at) = marks.surrogate {
            return Some((Kind::LoneSurrogate, "an unpaired surrogate escape cannot be encoded again".to_owned(), at));
        }
        if let Some(raised) = marks.raised {
            let kind = match raised.complaint {
                json::Complaint::HugeInteger { .. } => Kind::HugeInteger,
                _ => Kind::TooDeep,
            };
            return Some((kind, raised.message(bytes), raised.at));
        }
        if let Some(at) = marks.deep {
            let Limits { api_height, worker_height, .. } = self.limits;
            let message = format!(
                "nested to a height of {}; the api reader takes {api_height}, the worker {worker_height}",
                scan.height
            );
            return Some((Kind::TooDeep, message, at));
        }
        let at = marks.non_finite?;
        Some((Kind::NonFinite, "a number that is not finite reads as null".to_owned(), at))
    }

    /// The first thing worth saying of a value that both readers get as it was stored.
    fn remark(&self, bytes: &[u8], scan: &Scan) -> Option<(Kind, String, usize)> {
        let start = json::white(bytes, 0);
        let content = match bytes.get(start) {
            Some(b'n') => {
                return Some((Kind::NullValue, "the value is null, which both write routes refuse".to_owned(), start));
            }
            Some(b'"') => json::string_content(bytes),
            _ => None,
        };
        if content.is_some_and(shape::is_uri_in_json) {
            let message = "a bare reference in a JSON string; released builds do not resolve it";
            return Some((Kind::StaleReference, message.to_owned(), start));
        }
        if scan.may_be_envelope && json::is_development_envelope(bytes) {
            let message = "a reference in the envelope of development builds; released builds do not resolve it";
            return Some((Kind::StaleReference, message.to_owned(), start));
        }
        if let Some(limit) = self.max_value_bytes.filter(|&limit| limit > 0 && bytes.len() as u64 > limit) {
            let message = format!("{} bytes; max_value_storage_bytes allows {limit}", bytes.len());
            return Some((Kind::TooLarge, message, 0));
        }
        if let Some(at) = scan.marks().duplicate {
            return Some((Kind::DuplicateKey, "an object repeats a key; the last one wins".to_owned(), at));
        }
        content
            .is_some_and(|content| holds_json(content, &self.limits.bounds))
            .then(|| (Kind::DoubleEncoded, "a JSON string that holds JSON".to_owned(), start))
    }
}

/// The first byte that is not UTF-8, if there is one. The fast check only says yes or no.
fn where_utf8_ends(bytes: &[u8]) -> Option<usize> {
    if simdutf8::basic::from_utf8(bytes).is_ok() {
        return None;
    }
    str::from_utf8(bytes).err().map(|error| error.valid_up_to())
}

const fn finding(kind: Kind, readings: Readings, message: String, at: usize) -> Finding {
    Finding { kind, readings, message, offset: Some(at) }
}

/// What both of Airflow's readers do with a text that was scanned, as it is left once repeated keys have overwritten each
/// other.
fn readings(scan: &Scan, limits: &Limits) -> Readings {
    let marks = scan.marks();
    let reading = |highest: u32| {
        if scan.refusal().is_some() || marks.surrogate.is_some() || scan.height > highest {
            Reading::Error
        } else if marks.non_finite.is_some() {
            Reading::Altered
        } else {
            Reading::Ok
        }
    };
    Readings::Airflow { api: reading(limits.api_height), worker: reading(limits.worker_height) }
}

/// Whether `json.loads` would read what stands in a JSON string as an object, an array or a string.
fn holds_json(content: &[u8], bounds: &Bounds) -> bool {
    let mut inner = json::CodePoints::of(content).skip_while(|&code| matches!(code, 0x20 | 0x09 | 0x0A | 0x0D));
    let opens = inner.next().and_then(char::from_u32).is_some_and(|first| matches!(first, '{' | '[' | '"'));
    opens && json::content_parses(content, bounds)
}
