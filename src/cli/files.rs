//! The files that a command line names, held against each other: what is written must be nothing else that it names.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::replacement::{destination, folder};
use crate::store::location::{Host, Location};

/// A file that was named, and what for.
pub(super) struct Named {
    option: &'static str,
    path: PathBuf,
    is_written: bool,
}

impl Named {
    /// A file that is only read.
    pub fn read(option: &'static str, path: Option<&PathBuf>) -> Option<Self> {
        Some(Self { option, path: path?.clone(), is_written: false })
    }

    /// A file that is written, or replaced.
    pub fn written(option: &'static str, path: Option<&PathBuf>) -> Option<Self> {
        Some(Self { option, path: path?.clone(), is_written: true })
    }
}

/// Insists that no file is written that is named for something else as well, or that is the database. Asked before
/// anything is opened, since opening may be too much already.
pub(super) fn keep_apart<const N: usize>(
    named: [Option<Named>; N],
    database: Option<&Location>,
) -> Result<(), Failure> {
    let of_database = database.map(files_of).unwrap_or_default();
    let of_database = of_database.into_iter().map(|path| Named { option: "the database", path, is_written: false });
    let named: Vec<Named> = named.into_iter().flatten().chain(of_database).collect();
    let places: Vec<_> = named.iter().map(|file| Place::of(&file.path)).collect();
    for (at, first) in named.iter().enumerate() {
        for (other, second) in named.iter().enumerate().skip(at + 1) {
            let is_same = places[at].is_some() && places[at] == places[other];
            if is_same && (first.is_written || second.is_written) {
                let (path, first, second) = (first.path.clone(), first.option, second.option);
                return Err(Failure::SameFile { first, second, path });
            }
        }
    }
    Ok(())
}

/// The files of a SQLite database: itself and what SQLite lays beside it.
fn files_of(database: &Location) -> Vec<PathBuf> {
    let Host::File(path) = &database.host else { return Vec::new() };
    let path = destination(path).unwrap_or_else(|_| path.clone());
    let beside = |suffix| {
        let mut name = path.clone().into_os_string();
        name.push(suffix);
        name.into()
    };
    ["", "-wal", "-shm", "-journal"].map(beside).into()
}

/// What two names of one file have in common.
#[derive(PartialEq)]
enum Place {
    /// Device and inode of a file that is there.
    There(u64, u64),
    /// Where a file will be.
    ToBe(PathBuf),
}

impl Place {
    /// Nothing for what is no file: a terminal may be read and written.
    fn of(path: &Path) -> Option<Self> {
        if let Ok(there) = fs::metadata(path) {
            return there.is_file().then(|| Self::There(there.dev(), there.ino()));
        }
        let path = destination(path).ok()?;
        Some(Self::ToBe(fs::canonicalize(folder(&path)).ok()?.join(path.file_name()?)))
    }
}
