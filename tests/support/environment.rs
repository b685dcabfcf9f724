//! The environment of Python that holds Airflow and the parsers of other people.

use std::env;
use std::path::PathBuf;

/// Its Python.
pub fn python() -> PathBuf {
    env::var_os("STATEMEND_TEST_PYTHON").expect("STATEMEND_TEST_PYTHON is not set; run tests/run").into()
}
