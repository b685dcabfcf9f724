//! Why a check cannot remember.

use std::io;
use std::path::PathBuf;

use crate::cli::replacement::folder;
use crate::domain::check;

/// Why a check has no memory.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum StateError {
    #[error("there is no place to remember this check: neither XDG_STATE_HOME nor HOME names a folder")]
    NoPlace,
    #[error("checks are to be remembered in {}, which cannot be written", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    #[error("checks are to be remembered in {}, but the folder {} does not exist", .0.display(), folder(.0).display())]
    NoFolder(PathBuf),
    #[error("checks are to be remembered in {}, which is a folder", .0.display())]
    IsFolder(PathBuf),
    #[error("the last check is remembered in {}, which cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("{} is not what a check has left: its first line does not say so", .0.display())]
    NoState(PathBuf),
    #[error("the last check is remembered in {}, which is damaged in line {line}: {what}", .path.display())]
    Damaged { path: PathBuf, line: u64, what: String },
    #[error(
        "the last check is remembered in {} in a form of version {version}, this release knows up to {}",
        .path.display(),
        check::VERSION
    )]
    Newer { path: PathBuf, version: u32 },
    #[error("{} remembers a check of {remembered}, and this is {here}", .path.display())]
    OtherDatabase { path: PathBuf, remembered: String, here: String },
    #[error("another check is at work with {}", .0.display())]
    Held(PathBuf),
    #[error("this check could not be remembered in {}; everything else is done", .0.display())]
    Write(PathBuf, #[source] io::Error),
}

impl StateError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoPlace | Self::Folder(..) => "name a file in a folder that can be written: --state FILE",
            Self::NoFolder(_) => "make that folder, or name a file in another one: --state FILE",
            Self::IsFolder(_) => "name a file in it, which need not be there: --state FILE",
            Self::Read(..) => "let this user read it, or name another file: --state FILE",
            Self::NoState(_) => "name another file, which need not be there: --state FILE",
            Self::Damaged { .. } => {
                "bring back a copy, or remove it: the next check then has nothing to compare with, and finds nothing new"
            }
            Self::Newer { .. } => "use the release that wrote it, or name another file: --state FILE",
            Self::OtherDatabase { .. } => "name a file for each database: --state FILE",
            Self::Held(_) => "wait until it has ended, or name another file: --state FILE",
            Self::Write(..) => "the check before this one is remembered still, so the next one compares with that",
        }
    }
}
