//! `statemend undo`.

use super::Context;
use crate::cli::args::UndoArgs;
use crate::cli::ask;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::files::{self, Named};
use crate::cli::output::Output;
use crate::cli::session::{self, Session};
use crate::domain::finding::Severity;
use crate::domain::judge::Judge;
use crate::domain::rules::Rules;
use crate::domain::run::Run;
use crate::engine::consent::Consent;
use crate::engine::lease::RunError;
use crate::engine::store::Ledger as _;
use crate::engine::{Work, undo};
use crate::report::collect::Collector;
use crate::report::model::Mode;
use crate::report::wording::{count, moment};
use crate::store::{Access, Wanted};

pub(super) async fn run(args: UndoArgs, context: &Context) -> Result<Exit, Failure> {
    if !args.yes {
        ask::someone_is_there("undo")?;
    }
    let database = session::find(&args.target)?;
    let named = [Named::written("--output", args.output.file.path())];
    files::keep_apart(named, Some(&database.location))?;
    let output = Output::of_rows(&args.output)?;
    let most = output.most(args.most)?;
    let mut session = Session::connect(&args.target, database, Access::Write, Wanted::Runs).await?;
    if !session.store.has_journal().await? {
        return Err(RunError::NoSuchRun(args.run).into());
    }
    let run = undo::find(&mut session.store, &args.run).await?;
    session.take_up(&run).await?;
    let targets = session.undone(&run)?;
    let (judge, rules) = (Judge::default(), Rules::default());
    let work = Work {
        judge: &judge,
        rules: &rules,
        targets: &targets,
        shard: None,
        show_values: false,
        census: false,
        pace: (&args.pace).into(),
        stop: &context.stop,
    };
    session.prepare(&undo::deeds(&work, &run), &args.pace).await?;
    let consent = match consent(&args, &session, &run).await? {
        Ok(consent) => consent,
        Err(exit) => return Ok(exit),
    };
    let mut preface = session.preface(Mode::Undo, &rules, most, Severity::Error);
    (preface.undoes, preface.removes) = (Some(run.id.to_string()), run.makes_rows());
    let stream = output.stream(false)?;
    let mut events = ((Collector::new(preface), stream), output.progress(context.common));
    let ending = undo::undo(&mut session.store, &work, &run, &session::who(), consent, &mut events).await?;
    let ((collector, stream), progress) = events;
    drop(progress);
    let report = session.finish(collector, ending).await;
    let written = output.write_rows(&report, stream, &session.again);
    written.map_err(|failure| failure.of_run(report.run_id.as_deref()))?;
    Ok(Exit::from(&report))
}

async fn consent(args: &UndoArgs, session: &Session, run: &Run) -> Result<Result<Consent, Exit>, Failure> {
    if args.yes {
        return Ok(Ok(Consent::given()));
    }
    let rows = count(run.progress.changes(), "row");
    let (put_back, changed) = if run.makes_rows() { ("Take out", "carried") } else { ("Put back", "changed") };
    let began = moment(&run.started_at);
    let question = format!("{put_back} {rows} that run {} of {began} {changed} in {}?", run.id, session.url());
    ask::consent(false, &question).await
}
