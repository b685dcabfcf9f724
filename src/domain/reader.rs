//! Who reads a stored value, and how far each reader goes.
//!
//! Two readers matter: `api` (REST API and web UI) and `worker` (a task through the Task SDK). Both start with
//! CPython's `json.loads`; they differ in how much nesting they take afterwards. Their limits are data, so that a
//! later Airflow release is a new row of [`RELEASES`] and not new code.

use serde::Serialize;

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

/// The readings of both readers for one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Readings {
    /// The REST API and the web UI.
    pub api: Reading,
    /// A task, through the Task SDK.
    pub worker: Reading,
}

impl Readings {
    /// Both readers get what was stored.
    pub const OK: Self = Self::both(Reading::Ok);

    /// The same reading for both readers.
    pub const fn both(reading: Reading) -> Self {
        Self { api: reading, worker: reading }
    }

    /// Whether a row takes its list with it. Lists are the `api` reader's; a worker asks for one key at a time.
    pub const fn break_list(self) -> bool {
        matches!(self.api, Reading::Error)
    }
}

/// How far the readers of one Airflow release go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The first Airflow release that these limits describe.
    pub release: &'static str,
    /// The most digits an integer may have (CPython's `sys.get_int_max_str_digits`), the sign not counted.
    pub integer_digits: usize,
    /// The highest value the `api` reader serialises. A scalar is 1, a container 1 + its highest child.
    pub api_height: u32,
    /// The highest value the `worker` reader validates.
    pub worker_height: u32,
}

/// The limits of each Airflow release whose readers differ from the one before, oldest first. Measured, not read.
pub const RELEASES: &[Limits] =
    &[Limits { release: "3.3.0", integer_digits: 4300, api_height: 254, worker_height: 200 }];

impl Default for Limits {
    /// The limits of the newest release known.
    fn default() -> Self {
        RELEASES[RELEASES.len() - 1]
    }
}
