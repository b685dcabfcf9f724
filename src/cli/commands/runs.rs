//! `statemend runs`: what was done, and dropping the old values of long ago.

use std::time::Duration;

use super::Context;
use crate::cli::args::RunsArgs;
use crate::cli::ask;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::files::{self, Named};
use crate::cli::logging;
use crate::cli::output::Output;
use crate::cli::session::{self, Session};
use crate::domain::run::Run;
use crate::engine::consent::Consent;
use crate::engine::lease::RunError;
use crate::engine::purge;
use crate::engine::store::Ledger as _;
use crate::report::runs::{RunReport, RunsReport, write_details, write_list};
use crate::report::wording::count;
use crate::store::{Access, Wanted};

pub(super) async fn run(args: RunsArgs, context: &Context) -> Result<Exit, Failure> {
    let database = session::find(&args.target)?;
    let files = [Named::written("--output", args.output.file.path())];
    files::keep_apart(files, Some(&database.location))?;
    let output = Output::open(&args.output)?;
    let access = if args.purge_older_than.is_some() { Access::Write } else { Access::Read };
    let mut session = Session::connect(&args.target, database, access, Wanted::Runs).await?;
    if let Some(age) = args.purge_older_than
        && let Some(exit) = purge(&args, age, &mut session, context).await?
    {
        return Ok(exit);
    }
    let runs = if session.store.has_journal().await? { session.store.runs().await? } else { Vec::new() };
    match args.run {
        None => {
            let report = RunsReport::new(&runs);
            output.write(&report, |out, page| write_list(out, &report, page))?;
        }
        Some(name) => {
            let report = RunReport::new(named(&runs, name)?);
            output.write(&report, |out, page| write_details(out, &report, page, &session.again))?;
        }
    }
    Ok(Exit::Success)
}

fn named(runs: &[Run], name: String) -> Result<&Run, Failure> {
    runs.iter().find(|run| run.id.0 == name).ok_or_else(|| RunError::NoSuchRun(name).into())
}

/// Drops old values. Gives the exit code where the user said no.
async fn purge(
    args: &RunsArgs,
    age: Duration,
    session: &mut Session,
    context: &Context,
) -> Result<Option<Exit>, Failure> {
    if !session.store.has_journal().await? {
        return Ok(None);
    }
    let consent = if args.yes {
        Consent::given()
    } else {
        ask::someone_is_there("runs --purge-older-than")?;
        let runs = session.store.ended_before(age).await?.len();
        let runs = count(runs as u64, "run");
        let url = session.url();
        let question = format!("Drop the old values of {runs} in {url}? What they changed cannot be undone any more.");
        match ask::consent(false, &question).await? {
            Ok(consent) => consent,
            Err(exit) => return Ok(Some(exit)),
        }
    };
    let purged = purge::purge(&mut session.store, age, consent).await?;
    if !context.common.quiet {
        let values = purged.iter().map(|(_, entries)| entries).sum();
        let dropped = format!("Dropped {} of {}.", count(values, "old value"), count(purged.len() as u64, "run"));
        logging::say(context.common, &dropped);
    }
    Ok(None)
}
