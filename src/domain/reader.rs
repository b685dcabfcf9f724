//! Who reads a stored value, and how far each reader goes.
//!
//! Airflow's tables have two readers: `api` (REST API and web UI) and `worker` (a task through the Task SDK). Both start
//! with CPython's `json.loads`; they differ in how much nesting they take afterwards. Their limits are data, so that a
//! later Airflow release is a new row of [`RELEASES`] and not new code. A table of the user's own has one reader, of
//! those that stand here.

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

use super::finding::{Action, Kind, Severity};
use super::json::Bounds;

/// Who reads the values of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reader {
    /// Both readers of Airflow's state tables.
    #[default]
    #[serde(rename = "airflow")]
    Airflow,
    /// CPython's `json.loads` and nothing behind it.
    #[serde(rename = "json.loads")]
    JsonLoads,
    /// A reader that takes what RFC 8259 calls JSON text, all of it and nothing else.
    #[serde(rename = "rfc8259")]
    Rfc8259,
    /// The input function of PostgreSQL's type `jsonb`.
    #[serde(rename = "jsonb")]
    Jsonb,
    /// The conversion of text to MySQL's type `JSON`.
    #[serde(rename = "mysql-json")]
    MysqlJson,
}

/// What a reader makes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// The reader gets exactly what was stored.
    Ok,
    /// The reader gets something else without noticing, such as `null` in place of `NaN`.
    Altered,
    /// The reader fails, and with it every list that contains the row.
    Error,
}

impl Reading {
    /// The name that reports and the JSON use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Altered => "altered",
            Self::Error => "error",
        }
    }
}

/// What the readers of a table make of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readings {
    /// Of a value that Airflow reads.
    Airflow {
        /// The REST API and the web UI.
        api: Reading,
        /// A task, through the Task SDK.
        worker: Reading,
    },
    /// Of a value that has one reader.
    Own { reader: Reader, reading: Reading },
}

impl Readings {
    /// Both of Airflow's readers get what was stored.
    pub const OK: Self = Self::both(Reading::Ok);

    /// The same reading for both of Airflow's readers.
    pub const fn both(reading: Reading) -> Self {
        Self::Airflow { api: reading, worker: reading }
    }

    /// The same reading for all readers of a table.
    pub const fn all(reader: Reader, reading: Reading) -> Self {
        match reader {
            Reader::Airflow => Self::both(reading),
            _ => Self::Own { reader, reading },
        }
    }

    /// Each reader by its name, with its reading.
    pub fn each(self) -> impl Iterator<Item = (&'static str, Reading)> {
        let (first, second) = match self {
            Self::Airflow { api, worker } => (("api", api), Some(("worker", worker))),
            Self::Own { reader, reading } => ((reader.name(), reading), None),
        };
        [first].into_iter().chain(second)
    }

    /// What Airflow's `api` and `worker` get; of a value that has one reader, what that one gets.
    pub const fn pair(self) -> (Reading, Reading) {
        match self {
            Self::Airflow { api, worker } => (api, worker),
            Self::Own { reading, .. } => (reading, reading),
        }
    }

    /// Whether every reader gets exactly what was stored.
    pub fn are_ok(self) -> bool {
        self.each().all(|(_, reading)| reading == Reading::Ok)
    }

    /// Whether some reader fails.
    pub fn fail(self) -> bool {
        self.each().any(|(_, reading)| reading == Reading::Error)
    }

    /// Whether a row takes its list with it. Lists are the `api` reader's; a worker asks for one key at a time.
    pub const fn break_list(self) -> bool {
        matches!(self, Self::Airflow { api: Reading::Error, .. })
    }
}

impl Serialize for Readings {
    /// `{"api": …, "worker": …}`, or the one reader by its name.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, reading) in self.each() {
            map.serialize_entry(name, &reading)?;
        }
        map.end()
    }
}

impl Reader {
    /// Every reader.
    pub const ALL: &'static [Self] = &[Self::Airflow, Self::JsonLoads, Self::Rfc8259, Self::Jsonb, Self::MysqlJson];

    /// The name that files, reports and the journal use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Airflow => "airflow",
            Self::JsonLoads => "json.loads",
            Self::Rfc8259 => "rfc8259",
            Self::Jsonb => "jsonb",
            Self::MysqlJson => "mysql-json",
        }
    }

    /// The reader with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reader| reader.name() == name)
    }

    /// Whether a value can be of a kind to this reader.
    pub const fn meets(self, kind: Kind) -> bool {
        match (kind, self) {
            (Kind::NulCharacter, _) => matches!(self, Self::Jsonb),
            (_, Self::Airflow) => true,
            // What is a matter of Airflow's own.
            (Kind::NullValue | Kind::StaleReference | Kind::TooLarge, _) => false,
            (Kind::HugeInteger, _) => matches!(self, Self::JsonLoads | Self::MysqlJson),
            (Kind::TooDeep, _) => !matches!(self, Self::Rfc8259),
            _ => true,
        }
    }

    /// The kinds that values can be of to this reader.
    pub fn kinds(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.iter().copied().filter(move |kind| self.meets(*kind))
    }

    /// How bad a row of a kind is to this reader.
    pub const fn severity(self, kind: Kind) -> Severity {
        match (kind, self) {
            // The grammar takes the escape, and so does Python, until the string is encoded.
            (Kind::LoneSurrogate, Self::JsonLoads | Self::Rfc8259) => Severity::Warning,
            (Kind::HugeInteger, Self::MysqlJson) => Severity::Warning,
            (Kind::NonFinite, Self::Rfc8259 | Self::Jsonb | Self::MysqlJson) => Severity::Error,
            _ => kind.severity(),
        }
    }

    /// What a repair does with a row of a kind where no rule says otherwise: what this reader fails on becomes the JSON
    /// string of its own text, if it is text.
    pub const fn default_action(self, kind: Kind) -> Action {
        match (kind, self.severity(kind)) {
            (Kind::NotText, _) => Action::Skip,
            (_, Severity::Error) => Action::String,
            _ => Action::None,
        }
    }

    /// How far a value may go, as long as the grammar allows it.
    pub fn bounds(self) -> Bounds {
        match self {
            Self::Airflow => Limits::default().bounds,
            Self::JsonLoads => Bounds { containers: PYTHON_STACK, integer_digits: PYTHON_DIGITS, ..Bounds::NONE },
            Self::Rfc8259 => Bounds::NONE,
            Self::Jsonb => Bounds { containers: POSTGRES_STACK, nul: false, ..Bounds::NONE },
            Self::MysqlJson => Bounds { containers: MYSQL_DEPTH, ..Bounds::NONE },
        }
    }
}

/// How many containers may stand inside each other before `json.loads`, called from the top of a program, runs into
/// Python's recursion limit of 1000. A web server calls it from further down and gives up some levels earlier. Measured
/// with CPython 3.10 and 3.11; 3.12.1 takes 1,497 and 3.13.0 takes 9,998.
const PYTHON_STACK: u32 = 994;

/// CPython's `sys.get_int_max_str_digits()`.
const PYTHON_DIGITS: usize = 4300;

/// How many arrays PostgreSQL 15 takes inside each other with its default `max_stack_depth` of 2 MB. Measured on x86-64.
/// Of objects it takes 13,087: between the two, a value is given the benefit of the doubt.
const POSTGRES_STACK: u32 = 14_541;

/// How many containers MySQL takes inside each other (MySQL 8.0 Reference Manual, The JSON Data Type, and
/// `JSON_DOCUMENT_MAX_DEPTH` of its source).
const MYSQL_DEPTH: u32 = 100;

/// How far the readers of one Airflow release go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The first Airflow release that these limits describe.
    pub release: &'static str,
    /// What `json.loads` takes, and the least height of the two below.
    pub bounds: Bounds,
    /// The highest value the `api` reader serialises. A scalar is 1, a container 1 + its highest child.
    pub api_height: u32,
    /// The highest value the `worker` reader validates.
    pub worker_height: u32,
}

/// The limits of each Airflow release whose readers differ from the one before, oldest first. Measured, not read.
pub const RELEASES: &[Limits] = &[Limits::new("3.3.0", 254, 200)];

impl Limits {
    const fn new(release: &'static str, api_height: u32, worker_height: u32) -> Self {
        let height = if api_height < worker_height { api_height } else { worker_height };
        let bounds = Bounds { containers: PYTHON_STACK, integer_digits: PYTHON_DIGITS, height, ..Bounds::NONE };
        Self { release, bounds, api_height, worker_height }
    }
}

impl Default for Limits {
    /// The limits of the newest release known.
    fn default() -> Self {
        RELEASES[RELEASES.len() - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reader_is_found_by_its_name_which_is_also_how_it_is_stored() {
        for &reader in Reader::ALL {
            assert_eq!(Reader::from_name(reader.name()), Some(reader));
            assert_eq!(serde_json::to_string(&reader).ok(), Some(format!("\"{}\"", reader.name())));
        }
        assert_eq!(Reader::from_name("JSONB"), None);
    }

    #[test]
    fn what_airflow_reads_is_as_bad_as_its_kind_says() {
        for &kind in Kind::ALL {
            assert_eq!(Reader::Airflow.severity(kind), kind.severity(), "{kind}");
            assert_eq!(Reader::Airflow.default_action(kind), kind.default_action(), "{kind}");
            assert_eq!(Reader::Airflow.meets(kind), kind != Kind::NulCharacter, "{kind}");
        }
    }

    #[test]
    fn readings_are_told_by_the_names_of_the_readers() {
        let json = |readings| serde_json::to_string(&readings).expect("a map");
        assert_eq!(json(Readings::both(Reading::Altered)), r#"{"api":"altered","worker":"altered"}"#);
        assert_eq!(json(Readings::all(Reader::JsonLoads, Reading::Error)), r#"{"json.loads":"error"}"#);
    }
}
