//! What can go wrong, which exit code that is, and how it is told.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use super::args::LogFormat;
use super::database::{DatabaseError, Origin};
use super::exit::Exit;
use super::plan_file::PlanError;
use super::rules_file::RulesError;
use super::state_file::StateError;
use crate::domain::carry::NoRoute;
use crate::domain::run::RunId;
use crate::engine::lease::RunError;
use crate::engine::store::{StoreError, Trouble};
use crate::report::escape::sanitise;
use crate::report::wording::list;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("{0} names a database that cannot be used")]
    Open(Origin, #[source] StoreError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Rules(#[from] RulesError),
    #[error(transparent)]
    State(#[from] StateError),
    #[error("{0}")]
    Usage(&'static str),
    #[error("there is no state table {0}")]
    UnknownTable(String, Vec<String>),
    #[error("the database has no table {0}")]
    MissingTable(String, Vec<String>),
    #[error("the database has no table {missing}, though it has {there}")]
    HalfPresent { there: String, missing: &'static str },
    #[error(transparent)]
    NoRoute(#[from] NoRoute),
    #[error("run {run} carried rows out of {table}, which is not there any more")]
    OriginGone { run: RunId, table: String },
    #[error("{0} changes the database, and nobody is there to be asked")]
    NobodyToAsk(&'static str),
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    #[error("{first} and {second} are the same file, {}", .path.display())]
    SameFile { first: &'static str, second: &'static str, path: PathBuf },
    #[error("{} cannot be written", .0.display())]
    Output(PathBuf, #[source] io::Error),
    #[error("the report could not be written to {}; everything else is done", .0.display())]
    Report(PathBuf, #[source] io::Error),
    #[error("the report could not be written to {}, so this check is not remembered", .0.display())]
    ReportOfCheck(PathBuf, #[source] io::Error),
    #[error("the report cannot be written")]
    Stdout(#[source] io::Error),
    #[error("run {0} has ended, and nobody was told how")]
    Untold(String, #[source] Box<Self>),
    #[error("the answer cannot be read")]
    Answer(#[source] io::Error),
    #[error("standard input cannot be read")]
    Stdin(#[source] io::Error),
    #[error("{broken} of {lines} lines are not JSON strings, the first of them line {first}")]
    NotStrings { broken: u64, lines: u64, first: u64 },
    #[error("the asynchronous runtime does not start")]
    Runtime(#[source] io::Error),
}

impl Failure {
    fn exit(&self) -> Exit {
        match self {
            Self::Database(_)
            | Self::Plan(_)
            | Self::Rules(_)
            | Self::Usage(_)
            | Self::UnknownTable(..)
            | Self::NobodyToAsk(_)
            | Self::Exists(_)
            | Self::SameFile { .. }
            | Self::Output(..)
            | Self::NotStrings { .. }
            | Self::NoRoute(NoRoute::NotOlder(_))
            | Self::Run(RunError::NoSuchRun(_) | RunError::Purged(..) | RunError::UndidCarry(_)) => Exit::Usage,
            Self::MissingTable(..) | Self::HalfPresent { .. } | Self::NoRoute(_) | Self::OriginGone { .. } => {
                Exit::Database
            }
            Self::Open(_, error) | Self::Store(error) | Self::Run(RunError::Store(error)) => of_trouble(error.trouble),
            Self::Run(RunError::Held(_)) | Self::State(StateError::Held(_)) => Exit::Held,
            Self::State(StateError::Write(..)) => Exit::Failure,
            Self::State(_) => Exit::Usage,
            Self::Report(..)
            | Self::ReportOfCheck(..)
            | Self::Stdout(_)
            | Self::Untold(..)
            | Self::Stdin(_)
            | Self::Answer(_)
            | Self::Runtime(_) => Exit::Failure,
        }
    }

    /// The same as what is said of a run that has ended, where it is about a report on one.
    pub fn of_run(self, run: Option<&str>) -> Self {
        match (self, run) {
            (failure @ (Self::Report(..) | Self::Stdout(_)), Some(run)) => {
                Self::Untold(run.to_owned(), Box::new(failure))
            }
            (failure, _) => failure,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Database(error) => Some(error.hint()),
            // Nobody typed the path of which the store's hint speaks.
            Self::Open(Origin::Default { .. }, StoreError { trouble: Trouble::Unreachable, .. }) => {
                let hint = "name the database with --url or STATEMEND_URL, or set AIRFLOW_HOME to the folder of Airflow's \
                            configuration";
                Some(hint.to_owned())
            }
            Self::Open(_, error) | Self::Store(error) => error.hint.clone(),
            Self::Run(error) => error.hint(),
            Self::NoRoute(error) => Some(error.hint().to_owned()),
            Self::OriginGone { .. } => {
                Some("what it carried is all that is left of these rows, so they stay where they are".to_owned())
            }
            Self::UnknownTable(_, tables) => Some(format!("the state tables are {}", list(tables))),
            Self::NobodyToAsk("repair" | "carry") => {
                Some("add --yes if you mean it, or --dry-run to see what it would do".to_owned())
            }
            Self::NobodyToAsk(_) => Some("add --yes if you mean it".to_owned()),
            Self::Exists(_) => Some("name another place, or remove it".to_owned()),
            Self::SameFile { .. } => {
                Some("what is written would be lost, or something else with it: name another file".to_owned())
            }
            Self::NotStrings { .. } => {
                Some("each line is one value, as a JSON string such as \"{\\\"a\\\": 1}\"".to_owned())
            }
            Self::MissingTable(_, there) => Some(format!(
                "it has {}; all state tables belong in one schema, and the role must be able to see them",
                list(there)
            )),
            Self::HalfPresent { there, .. } => Some(format!(
                "both state tables belong in one schema, and the role must be able to see them; to look at one alone, \
                 name it: --table {there}"
            )),
            Self::Plan(error) => Some(error.hint().to_owned()),
            Self::State(error) => Some(error.hint().to_owned()),
            Self::Output(_, error) if error.kind() == io::ErrorKind::NotFound => {
                Some("make its folder first, or name another place".to_owned())
            }
            Self::Output(_, error) if error.kind() == io::ErrorKind::IsADirectory => {
                Some("name a file in it".to_owned())
            }
            Self::Untold(run, _) => Some(format!("`statemend runs {run}` tells what it did")),
            Self::Rules(RulesError::Read(..)) => {
                Some("docs/rules.md tells what belongs in it; `statemend rules suggest` writes one".to_owned())
            }
            Self::Usage(_)
            | Self::Rules(_)
            | Self::Output(..)
            | Self::Report(..)
            | Self::ReportOfCheck(..)
            | Self::Stdout(_)
            | Self::Stdin(_)
            | Self::Answer(_)
            | Self::Runtime(_) => None,
        }
    }
}

fn of_trouble(trouble: Trouble) -> Exit {
    match trouble {
        Trouble::Unreachable
        | Trouble::Lost
        | Trouble::Denied
        | Trouble::Missing
        | Trouble::Journal
        | Trouble::Migrating
        | Trouble::Broken => Exit::Database,
        Trouble::LeaseLost => Exit::Held,
        Trouble::Contended
        | Trouble::Refused
        | Trouble::Overtaken
        | Trouble::Overfull
        | Trouble::Plan
        | Trouble::Memory
        | Trouble::Other => Exit::Failure,
    }
}

/// Tells a failure on standard error, cause by cause, and what to do about it.
pub(super) fn report(failure: &Failure, format: LogFormat) -> ExitCode {
    match format {
        LogFormat::Human => tell(failure),
        LogFormat::Json => log(failure),
    }
    failure.exit().into()
}

fn tell(failure: &Failure) {
    // Names in it may come from a database.
    eprintln!("error: {}", sanitise(&failure.to_string()));
    if let Failure::Rules(RulesError::Wrong(mistakes)) = failure {
        eprint!("{}", mistakes.places());
    }
    for cause in causes(failure) {
        eprintln!("  because: {}", sanitise(&cause));
    }
    if let Some(hint) = failure.hint() {
        let lines: Vec<_> = hint.lines().map(sanitise).collect();
        eprintln!("  hint: {}", lines.join("\n"));
    }
}

/// The same as one line for programs.
fn log(failure: &Failure) {
    let because = causes(failure).collect::<Vec<_>>().join(": ");
    let because = (!because.is_empty()).then_some(because);
    let places = match failure {
        Failure::Rules(RulesError::Wrong(mistakes)) => Some(mistakes.places().to_string()),
        _ => None,
    };
    let (hint, exit_code) = (failure.hint(), failure.exit() as u8);
    tracing::error!(exit_code, because, places, hint, "{failure}");
}

fn causes(failure: &Failure) -> impl Iterator<Item = String> {
    std::iter::successors(failure.source(), |&cause| cause.source()).map(ToString::to_string)
}
