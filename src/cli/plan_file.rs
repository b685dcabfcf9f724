//! The file of a reviewed plan: written while a scan goes on, checked as a whole before anything is done with it.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::replacement::Replacement;
use crate::domain::plan::{self, Header, Line};
use crate::domain::target::Target;
use crate::engine::events::{Event, Events, Flagged, Outcome};
use crate::engine::flag::kind_name;
use crate::engine::plan::{Plan, Planned};
use crate::engine::store::{StoreError, Trouble};

/// Why there is no plan to write or to carry out.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanError {
    #[error("the plan {} cannot be written", .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error("the plan {} cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("the plan {} is not an ordinary file", .0.display())]
    NoFile(PathBuf),
    #[error("{} is not a plan: its first line does not say so", .0.display())]
    NoHeader(PathBuf),
    #[error("the plan {} is of version {version}, this release knows up to {}", .path.display(), plan::VERSION)]
    Newer { path: PathBuf, version: u32 },
    #[error("line {line} of the plan {} is not a row", .path.display())]
    Line { path: PathBuf, line: u64 },
    #[error("the plan is for {planned}, and this is {here}")]
    OtherDatabase { planned: String, here: String },
    #[error("the plan {} was made with other rules than this command has", .0.display())]
    OtherRules(PathBuf),
}

impl PlanError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Write(..) => "name a file in a folder that can be written; an older plan is still as it was",
            Self::Read(..) | Self::NoHeader(_) => "`statemend scan --plan-out FILE` makes one",
            Self::NoFile(_) => "a plan is read more than once: put it into a file, and name that",
            Self::Newer { .. } => "carry it out with the release that made it, or make it anew",
            Self::Line { .. } => "it was damaged or cut off: make it anew, or take the line out",
            Self::OtherDatabase { .. } => "name the database that the plan is for, or make a plan for this one",
            Self::OtherRules(_) => {
                "give the --rules, --legacy-before and --max-value-bytes that it was made with; where another release made \
                 it, make it anew and review it once more"
            }
        }
    }
}

/// Writes a plan while a scan finds its rows. It takes its name when it is complete, so a file of that name is whole.
pub(super) struct PlanWriter {
    path: PathBuf,
    file: Replacement,
    /// The first failure. Events cannot fail, so it waits for the end.
    failed: Option<io::Error>,
    rows: u64,
}

impl PlanWriter {
    /// Begins a plan beside the file that it will be.
    pub fn create(path: &Path, header: &Header) -> Result<Self, PlanError> {
        let failed = |error| PlanError::Write(path.to_owned(), error);
        let file = Replacement::of(path).map_err(failed)?;
        let mut writer = Self { path: path.to_owned(), file, failed: None, rows: 0 };
        writer.line(header).map_err(failed)?;
        Ok(writer)
    }

    /// Gives the plan its name, and says how many rows it has.
    pub fn finish(self) -> Result<u64, PlanError> {
        let Self { path, file, failed, rows } = self;
        let put = failed.map_or_else(|| file.put(), Err);
        put.map(|()| rows).map_err(|error| PlanError::Write(path, error))
    }

    fn line(&mut self, line: &impl serde::Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.file, line)?;
        self.file.write_all(b"\n")
    }
}

impl Events for PlanWriter {
    fn event(&mut self, event: &Event<'_>) {
        let Event::Flagged { target, row } = event else { return };
        let Flagged { finding, rewrite_sha256: Some(after), outcome: Outcome::Rewritten, .. } = row else { return };
        let line = Line {
            table: target.table.clone(),
            key: target.key_object(&row.key),
            kind: kind_name(finding.as_ref()).to_owned(),
            action: row.action.name().to_owned(),
            bytes: row.bytes,
            before: hex::encode(row.sha256),
            after: hex::encode(after),
        };
        if self.failed.is_none() {
            self.failed = self.line(&line).err();
            self.rows += 1;
        }
    }
}

/// A plan of which only the header is known yet.
pub(super) struct PlanFile {
    pub header: Header,
    path: PathBuf,
    file: BufReader<File>,
}

impl PlanFile {
    /// Opens a plan and reads whom it is for.
    pub fn open(path: &Path) -> Result<Self, PlanError> {
        let failed = |error| PlanError::Read(path.to_owned(), error);
        // It is read twice, before anything is done and meanwhile, which a pipe cannot be.
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(PlanError::NoFile(path.to_owned()));
        }
        let mut file = BufReader::new(File::open(path).map_err(failed)?);
        let mut text = String::new();
        file.read_line(&mut text).map_err(failed)?;
        Ok(Self { header: header(path, &text)?, path: path.to_owned(), file })
    }

    /// Insists that the plan is for a database and was made by the rules that apply now.
    pub fn check(&self, here: &str, fingerprint: &str, rules: &str) -> Result<(), PlanError> {
        if self.header.fingerprint != fingerprint {
            return Err(PlanError::OtherDatabase { planned: self.header.database.clone(), here: here.to_owned() });
        }
        if self.header.rules == rules { Ok(()) } else { Err(PlanError::OtherRules(self.path.clone())) }
    }

    /// The plan, to be carried out. Every line of it is checked before: it has to be a row of one of these tables.
    pub fn plan(
        mut self,
        targets: &[&'static Target],
    ) -> Result<Plan<impl Iterator<Item = Result<Planned, StoreError>>>, PlanError> {
        let (rows, digest) = self.check_lines(targets)?;
        self.file.rewind().map_err(|error| PlanError::Read(self.path, error))?;
        let unreadable = || StoreError::new(Trouble::Plan, "the plan cannot be read any more");
        let planned = move |line: io::Result<String>| planned(&line.ok()?, targets);
        let lines = self.file.lines().skip(1);
        Ok(Plan { digest, rows, planned: lines.map(move |line| planned(line).ok_or_else(unreadable)) })
    }

    /// How many rows the plan has, and the digest of all of it.
    fn check_lines(&mut self, targets: &[&'static Target]) -> Result<(u64, String), PlanError> {
        let Self { path, file, .. } = self;
        let failed = |error| PlanError::Read(path.clone(), error);
        file.rewind().map_err(failed)?;
        let (mut sha256, mut text, mut lines) = (Sha256::new(), String::new(), 0);
        while file.read_line(&mut text).map_err(failed)? > 0 {
            sha256.update(text.as_bytes());
            lines += 1;
            if lines > 1 && planned(&text, targets).is_none() {
                return Err(PlanError::Line { path: path.clone(), line: lines });
            }
            text.clear();
        }
        Ok((lines.saturating_sub(1), hex::encode(sha256.finalize())))
    }
}

fn header(path: &Path, text: &str) -> Result<Header, PlanError> {
    #[derive(serde::Deserialize)]
    struct Version {
        plan_version: u32,
    }
    let no_header = |_| PlanError::NoHeader(path.to_owned());
    let Version { plan_version } = serde_json::from_str(text).map_err(no_header)?;
    if plan_version > plan::VERSION {
        return Err(PlanError::Newer { path: path.to_owned(), version: plan_version });
    }
    serde_json::from_str(text).map_err(no_header)
}

fn planned(text: &str, targets: &[&'static Target]) -> Option<Planned> {
    let line: Line = serde_json::from_str(text).ok()?;
    let (target, key) = line.row(targets)?;
    let digest = |text: &str| {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).ok().map(|()| digest)
    };
    Some(Planned { target, key, bytes: line.bytes, before: digest(&line.before)?, after: digest(&line.after)? })
}
