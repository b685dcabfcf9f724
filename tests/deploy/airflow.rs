//! The environment that holds Airflow.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use crate::environment::python;

/// A program of it.
pub fn program(name: &str) -> PathBuf {
    python().with_file_name(name)
}

/// Where programs are looked for: where this one is, and where this test looks.
pub fn path_to(program: &Path) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folder = program.parent().map(Path::to_owned);
    env::join_paths(folder.into_iter().chain(env::split_paths(&path))).expect("a path")
}
