//! A file that takes the place of another one when it is complete.

use std::fs::{self, File, Permissions};
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
    /// Begins a file that only its owner can read. Where a link is, the file that it leads to is replaced; what is no
    /// file, such as a device or a pipe, is left.
    pub fn of(path: &Path) -> io::Result<Self> {
        let path = destination(path)?;
        let folder = folder(&path);
        if !folder.is_dir() {
            let what = format!("the folder {} does not exist", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, what));
        }
        let file = BufWriter::new(NamedTempFile::new_in(folder).map_err(without_name)?);
        Ok(Self { path, file })
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

/// Where a path leads, through links, even where nothing is there yet.
pub(super) fn destination(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    // Links that go round never get here: looking at what they lead to is refused.
    loop {
        match fs::metadata(&path) {
            Ok(there) if there.is_file() => return fs::canonicalize(&path),
            Ok(_) => return Err(io::Error::other("it is there, and it is not an ordinary file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        match fs::read_link(&path) {
            Ok(leads) => path = folder(&path).join(leads),
            Err(_) => return Ok(path),
        }
    }
}

/// What went wrong, without the name of a file that nobody has asked for.
fn without_name(error: io::Error) -> io::Error {
    let cause = error.get_ref().and_then(|named| named.source()?.downcast_ref::<io::Error>());
    match cause.and_then(io::Error::raw_os_error) {
        Some(code) => io::Error::from_raw_os_error(code),
        None => error,
    }
}

/// The folder that a file is in, or will be.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
