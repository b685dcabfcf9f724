//! `statemend check`: the scan that remembers the one before.

use super::Context;
use crate::cli::args::CheckArgs;
use crate::cli::database::Database;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::files::{self, Named};
use crate::cli::logging;
use crate::cli::metrics_file::MetricsFile;
use crate::cli::output::Output;
use crate::cli::session::{self, Decisions, Session};
use crate::cli::state_file::{self, Order, StateError, StateFile};
use crate::domain::check::{Options, Pass, Wish};
use crate::domain::rules::{Moment, Rules};
use crate::engine::Work;
use crate::engine::check::{self, Memory as _};
use crate::report::collect::Collector;
use crate::report::model::{Mode, Outcome, Report};
use crate::report::stream::Stream;
use crate::report::wording::micros;
use crate::store::{Access, Wanted};

pub(super) async fn run(args: CheckArgs, context: &Context) -> Result<Exit, Failure> {
    let database = session::find(&args.target);
    let named = [
        Named::written("--state", args.state.as_ref()),
        Named::written("--metrics-file", args.metrics_file.as_ref()),
        Named::written("--output", args.output.file.path()),
        Named::read("--rules", args.judging.rules.as_ref()),
    ];
    files::keep_apart(named, database.as_ref().ok().map(|database| &database.location))?;
    let metrics = args.metrics_file.as_deref().map(MetricsFile::at).transpose()?;
    let mut check = Check { args: &args, context, metrics, database: None };
    let outcome = check.run(database).await;
    // Whoever holds the state will write metrics of its own.
    let failed = match &outcome {
        Ok(exit) => *exit == Exit::Interrupted,
        Err(failure) => !matches!(failure, Failure::State(StateError::Held(_))),
    };
    if let Some(metrics) = metrics.filter(|_| failed)
        && let Err(failure) = metrics.tell_failure(check.database.as_deref(), &session::now())
    {
        tracing::warn!("{failure}");
    }
    outcome
}

/// What a check leaves: a report, the end of a list of rows where the report is one, and what the next check goes by.
struct Checked {
    report: Report,
    stream: Option<Stream>,
    state: StateFile,
}

struct Check<'c> {
    args: &'c CheckArgs,
    context: &'c Context,
    metrics: Option<MetricsFile<'c>>,
    /// Where the database is, as soon as that is known.
    database: Option<String>,
}

impl Check<'_> {
    async fn run(&mut self, database: Result<Database, Failure>) -> Result<Exit, Failure> {
        let output = Output::of_rows(&self.args.output)?;
        let database = database?;
        self.database = Some(database.location.address());
        let Decisions { rules, own } = session::decisions(&self.args.judging, &self.args.judging.tables)?;
        let wanted = Wanted::Tables(&own);
        let mut session = Session::connect(&self.args.target, database, Access::Read, wanted).await?;
        let Checked { report, stream, state } = self.check(&mut session, &rules, &output).await?;
        let of_state = self.args.state.as_ref().map(|path| ("--state", path.to_string_lossy().into_owned()));
        // Other commands have no such option.
        let of_state = of_state.filter(|_| report.outcome == Outcome::Interrupted);
        output.write_rows(&report, stream, &session.again_with(&self.args.judging, of_state)).map_err(of_check)?;
        if report.outcome != Outcome::Interrupted {
            if let (Some(metrics), Some(database)) = (self.metrics, &self.database) {
                metrics.tell(&report, database).map_err(of_check)?;
            }
            // Last, so that what could not be told is new to the next check, too.
            state.finish(&report)?;
        }
        summarise(&report, self.database.as_deref().unwrap_or_default());
        Ok(Exit::from(&report))
    }

    /// Looks at the database, and compares.
    async fn check(&self, session: &mut Session, rules: &Rules, output: &Output) -> Result<Checked, Failure> {
        let Self { args, context, .. } = self;
        let most = output.most(args.findings.most)?;
        let targets = session.targets(&args.judging.tables)?;
        let judge = session::judge(&args.judging.limits);
        let work = Work {
            judge: &judge,
            rules,
            targets: &targets,
            shard: None,
            show_values: args.findings.show_values,
            census: false,
            pace: args.jobs.at(args.rate.into()),
            stop: &context.stop,
        };
        let mut preface = session.preface(Mode::Check, rules, most, args.fail_on);
        let mut state = self.state(session, &work, &preface.started_at)?;
        preface.earlier = state.earlier();
        let stream = output.stream(args.findings.show_values)?;
        let mut events = ((Collector::new(preface), stream), output.progress(context.common));
        let ending = check::check(&mut session.store, &work, &mut state, &mut events).await?;
        let ((collector, stream), progress) = events;
        drop(progress);
        Ok(Checked { report: session.finish(collector, ending).await, stream, state })
    }

    /// What the last check has left.
    fn state(&self, session: &Session, work: &Work<'_>, started_at: &str) -> Result<StateFile, Failure> {
        let header = session.state_header();
        let path = match &self.args.state {
            Some(path) => path.clone(),
            None => state_file::default_path(&header.fingerprint)?,
        };
        tracing::info!("the last check is remembered in {}", path.display());
        let options = Options {
            max_value_bytes: work.judge.max_value_bytes,
            rules: work.rules_digest(),
            tool_version: header.tool_version.clone(),
        };
        let (wish, now) = (self.args.wish(), Moment(micros(started_at)));
        let state = StateFile::open(path, Order { header, targets: work.targets, options, wish, now })?;
        for target in work.targets.iter().filter(|_| wish != Wish::Full) {
            if let (_, Pass::Full(why)) = state.before(target) {
                tracing::info!("all rows of {} are read: {}", target.table, why.explain());
            }
        }
        Ok(state)
    }
}

/// What was not told to anybody is not remembered either.
fn of_check(failure: Failure) -> Failure {
    match failure {
        Failure::Report(path, error) => Failure::ReportOfCheck(path, error),
        failure => failure,
    }
}

/// One line for whoever reads logs.
fn summarise(report: &Report, database: &str) {
    let Report { totals, check: Some(check), .. } = report else { return };
    tracing::info!(
        target: logging::SUMMARY,
        %database,
        outcome = %report.outcome.name(),
        pass = %check.pass.name(),
        rows = totals.rows_scanned,
        errors = totals.errors,
        warnings = totals.warnings,
        notices = totals.notices,
        new = check.rows.new,
        new_errors = check.rows.new_errors,
        still = check.rows.still,
        gone = check.rows.gone,
        baseline = check.rows.baseline,
        unreadable_lists = totals.unreadable_lists,
        started_at = %report.started_at,
        finished_at = %report.finished_at,
        "check"
    );
}
