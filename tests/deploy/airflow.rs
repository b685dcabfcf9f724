//! The environment that holds Airflow.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Its Python.
pub fn python() -> PathBuf {
    env::var_os("STATEMEND_TEST_PYTHON").expect("STATEMEND_TEST_PYTHON is not set; run tests/run").into()
}

/// Where programs are looked for: first in that environment, and last where this test looks.
pub fn beside_python() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let bin = python().parent().map(Path::to_owned);
    env::join_paths(bin.into_iter().chain(env::split_paths(&path))).expect("a path")
}
