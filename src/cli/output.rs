//! Where a report goes and how it is set.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use console::Term;
use serde::Serialize;

use super::args::{CommonArgs, Format, LogFormat, MostArgs, OutputArgs, ReportArgs};
use super::failure::Failure;
use crate::report::Most;
use crate::report::model::Report;
use crate::report::progress::Progress;
use crate::report::stream::{Form, Stream};
use crate::report::{Colour, Page, html, json, markdown, terminal};

/// The destination of a report, opened before the work begins: whoever waits an hour for a report wants it written.
pub(super) struct Output {
    format: Format,
    file: Option<Destination>,
}

/// A file that a report is written to.
struct Destination {
    path: PathBuf,
    file: File,
    /// Whether this command has made the file and has nothing to show for it. It goes again then: an empty file is no
    /// report.
    is_untouched: Cell<bool>,
}

impl Destination {
    /// Opens the file. What an earlier report has left in it stays until there is another: the last one is better than none.
    fn open(path: &Path) -> io::Result<Self> {
        let made = File::options().write(true).create_new(true).open(path);
        let is_untouched = Cell::new(made.is_ok());
        let file = match made {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                File::options().write(true).create(true).truncate(false).open(path)?
            }
            made => made?,
        };
        Ok(Self { path: path.to_owned(), file, is_untouched })
    }

    /// The file, without what an earlier report has left in it. A pipe or a terminal has nothing to take.
    fn emptied(&self) -> io::Result<&File> {
        self.is_untouched.set(false);
        if self.file.metadata()?.is_file() {
            self.file.set_len(0)?;
        }
        Ok(&self.file)
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        if self.is_untouched.get() {
            // Whoever minds that it stays has been told of something worse already.
            fs::remove_file(&self.path).ok();
        }
    }
}

impl Output {
    /// Opens the file that was asked for, if any.
    pub fn open(args: &OutputArgs) -> Result<Self, Failure> {
        Self::create(args.format.into(), args.file.path())
    }

    /// The same for a report on rows.
    pub fn of_rows(args: &ReportArgs) -> Result<Self, Failure> {
        Self::create(args.format, args.file.path())
    }

    fn create(format: Format, path: Option<&PathBuf>) -> Result<Self, Failure> {
        let open = |path: &PathBuf| Destination::open(path).map_err(|error| Failure::Output(path.clone(), error));
        Ok(Self { format, file: path.map(open).transpose()? })
    }

    /// How many rows the report lists itself. A stream has them all.
    pub fn most(&self, args: MostArgs) -> Result<Most, Failure> {
        match (self.form(), args.max_findings) {
            (Some(_), Some(_)) => {
                Err(Failure::Usage("ndjson and csv have every row: leave --max-findings out, or choose another format"))
            }
            (Some(_), None) => Ok(Most::of(0)),
            (None, _) => Ok(args.rows()),
        }
    }

    /// A progress line, if someone watches and rows do not go to a terminal meanwhile, where it would be in their way.
    pub fn progress(&self, common: CommonArgs) -> Option<Progress> {
        let in_the_way = self.form().is_some() && self.file.is_none() && io::stdout().is_terminal();
        progress(common).filter(|_| !in_the_way)
    }

    /// Begins a list of rows, where the report is one. With `values`, it has those that were asked for.
    pub fn stream(&self, values: bool) -> Result<Option<Stream>, Failure> {
        let Some(form) = self.form() else { return Ok(None) };
        let out: Box<dyn Write> = match &self.file {
            Some(destination) => {
                let file = destination.emptied().and_then(File::try_clone);
                Box::new(io::BufWriter::new(file.map_err(|error| Failure::Report(destination.path.clone(), error))?))
            }
            None => Box::new(io::BufWriter::new(io::stdout())),
        };
        Ok(Some(Stream::begin(form, out, values)))
    }

    const fn form(&self) -> Option<Form> {
        match self.format {
            Format::Ndjson => Some(Form::Ndjson),
            Format::Csv => Some(Form::Csv),
            Format::Human | Format::Json | Format::Html | Format::Markdown => None,
        }
    }

    /// Writes a report: as JSON, or as `human` sets it on a page.
    pub fn write(
        self,
        report: &impl Serialize,
        human: impl FnOnce(&mut dyn Write, &Page) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let (as_json, page) = (self.format == Format::Json, self.page());
        self.put(|out| if as_json { json::write(out, report) } else { human(out, &page) })
    }

    /// Writes a report on rows, or ends the stream of them. `again` is what the user would type to name the database.
    pub fn write_rows(self, report: &Report, stream: Option<Stream>, again: &str) -> Result<(), Failure> {
        if let Some(stream) = stream {
            return self.told(stream.finish(report));
        }
        let page = self.page();
        match self.format {
            Format::Human => self.put(|out| terminal::write(out, report, &page, Some(again))),
            Format::Json => self.put(|out| json::write(out, report)),
            Format::Html => self.put(|out| html::write(out, report, again)),
            Format::Markdown => self.put(|out| markdown::write(out, report, again)),
            // Nothing was worth a stream: the rows are those that the report lists.
            Format::Ndjson | Format::Csv => {
                if report.findings_truncated {
                    let listed = report.findings.len();
                    tracing::warn!("{listed} rows are listed, and there are more; --dry-run lists all of them");
                }
                let stream = self.stream(report.findings.iter().any(|row| row.value.is_some()))?;
                self.told(stream.map_or(Ok(()), |stream| stream.write(report)))
            }
        }
    }

    fn put(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let write = |out: &mut dyn Write| write(out).and_then(|()| out.flush());
        let written = match &self.file {
            Some(destination) => destination.emptied().and_then(|file| write(&mut io::BufWriter::new(file))),
            None => write(&mut io::BufWriter::new(io::stdout().lock())),
        };
        self.told(written)
    }

    fn told(self, written: io::Result<()>) -> Result<(), Failure> {
        match self.file {
            Some(destination) => written.map_err(|error| Failure::Report(destination.path.clone(), error)),
            None => told(written),
        }
    }

    fn page(&self) -> Page {
        if self.file.is_some() { Page::new(None, Colour::Never) } else { stdout_page() }
    }
}

/// A progress line, if someone watches.
pub(super) fn progress(common: CommonArgs) -> Option<Progress> {
    let may_show = !common.no_progress && !common.quiet && common.log_format == LogFormat::Human;
    let watched = may_show && io::stderr().is_terminal();
    watched.then(Progress::on_stderr)
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
