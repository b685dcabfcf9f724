//! A file that takes the place of another one when it is complete.

use std::fs::{File, Permissions};
use std::io::{self, BufWriter, IntoInnerError, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that is written beside the one that it will be. Whoever looks there sees the old one or all of the new one,
/// whatever happens in between. Dropped, it leaves nothing behind.
pub(super) struct Replacement {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Replacement {
    /// Begins a file that only its owner can read.
    pub fn of(path: &Path) -> io::Result<Self> {
        let file = BufWriter::new(NamedTempFile::new_in(folder(path))?);
        Ok(Self { path: path.to_owned(), file })
    }

    /// Lets everybody read it.
    pub fn for_all(self) -> io::Result<Self> {
        self.file.get_ref().as_file().set_permissions(Permissions::from_mode(0o644))?;
        Ok(self)
    }

    /// Gives the file its name, and makes both last.
    pub fn put(self) -> io::Result<()> {
        let file = self.file.into_inner().map_err(IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        File::open(folder(&self.path))?.sync_all()
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The folder that a file is in, or will be.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
