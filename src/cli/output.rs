//! Where a report goes and how it is set.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;

use console::Term;
use serde::Serialize;

use super::args::{Format, OutputArgs};
use super::failure::Failure;
use crate::report::{Colour, Page, json};

/// The destination of a report, opened before the work begins: whoever waits an hour for a report wants it written.
pub(super) struct Output {
    format: Format,
    file: Option<(PathBuf, File)>,
}

impl Output {
    /// Opens the file that was asked for, if any.
    pub fn open(args: &OutputArgs) -> Result<Self, Failure> {
        // Not emptied yet: the last report is better than none, should there be nothing to write.
        let open = |path: &PathBuf| match File::options().write(true).create(true).truncate(false).open(path) {
            Ok(file) => Ok((path.clone(), file)),
            Err(error) => Err(Failure::Output(path.clone(), error)),
        };
        Ok(Self { format: args.format, file: args.output.as_ref().map(open).transpose()? })
    }

    /// Writes a report: as JSON, or as `human` sets it on a page.
    pub fn write(
        self,
        report: &impl Serialize,
        human: impl FnOnce(&mut dyn Write, &Page) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let page = if self.file.is_some() { Page::new(None, Colour::Never) } else { stdout_page() };
        let write = |out: &mut dyn Write| {
            match self.format {
                Format::Json => json::write(out, report)?,
                Format::Human => human(out, &page)?,
            }
            out.flush()
        };
        match self.file {
            Some((path, file)) => {
                let written = empty(&file).and_then(|()| write(&mut io::BufWriter::new(file)));
                written.map_err(|error| Failure::Report(path, error))
            }
            None => told(write(&mut io::BufWriter::new(io::stdout().lock()))),
        }
    }
}

/// Writes what is no report to standard output.
pub(super) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    told(stdout.write_all(text).and_then(|()| stdout.flush()))
}

/// What became of writing to standard output.
fn told(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        // Whoever reads us, such as `head`, has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(Failure::Stdout),
    }
}

/// Takes what an earlier report has left in a file. A pipe or a terminal has nothing to take.
fn empty(file: &File) -> io::Result<()> {
    if file.metadata()?.is_file() { file.set_len(0) } else { Ok(()) }
}

fn stdout_page() -> Page {
    page(&Term::stdout(), io::stdout().is_terminal() && console::colors_enabled())
}

/// A page for what stands before a question.
pub(super) fn stderr_page() -> Page {
    page(&Term::stderr(), io::stderr().is_terminal() && console::colors_enabled_stderr())
}

fn page(terminal: &Term, colours: bool) -> Page {
    let columns = terminal.size_checked().map(|(_, columns)| columns);
    Page::new(columns, if colours { Colour::Always } else { Colour::Never })
}
