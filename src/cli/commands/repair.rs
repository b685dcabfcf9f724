//! `statemend repair`: the plan, the question, the repair.

use super::Context;
use crate::cli::args::RepairArgs;
use crate::cli::ask;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{self, Output};
use crate::cli::plan_file::PlanFile;
use crate::cli::session::{self, Decisions, Session};
use crate::engine::consent::Consent;
use crate::engine::events::Events;
use crate::engine::{Ending, Work, plan, repair, scan};
use crate::report::collect::Collector;
use crate::report::model::{Mode, Outcome, Report};
use crate::report::progress::Progress;
use crate::report::stream::Stream;
use crate::report::terminal;
use crate::report::wording::count;
use crate::store::{Access, Wanted};

pub(super) async fn run(args: RepairArgs, context: &Context) -> Result<Exit, Failure> {
    if !args.dry_run && !args.yes {
        ask::someone_is_there("repair")?;
    }
    let output = Output::of_rows(&args.output)?;
    let most = output.most(args.findings.most)?;
    let plan = args.plan.as_deref().map(PlanFile::open).transpose()?;
    let tables = plan.as_ref().map_or(&args.judging.tables, |plan| &plan.header.tables);
    let Decisions { rules, own } = session::decisions(&args.judging, tables)?;
    let access = if args.dry_run { Access::Read } else { Access::Write };
    let mut session = Session::open(&args.target, access, Wanted::Tables(&own)).await?;
    let judge = session::judge(&args.judging.limits);
    if let Some(plan) = &plan {
        session.check_plan(plan, &judge, &rules)?;
    }
    let targets = session.targets(tables)?;
    let pace = args.jobs.at((&args.pace).into());
    let work = Work {
        judge: &judge,
        rules: &rules,
        targets: &targets,
        shard: args.shard.shard,
        show_values: args.findings.show_values,
        census: false,
        pace,
        stop: &context.stop,
    };
    let command = Repair { args: &args, context, work, output: &output, most };
    let ended = match (plan, args.dry_run) {
        (None, true) => command.dry_run(&mut session).await?,
        (None, false) => command.mend(&mut session).await?,
        (Some(plan), _) => command.carry_out(&mut session, plan).await?,
    };
    let (report, stream) = match ended {
        Ended::Report(report, stream) => (report, stream),
        Ended::Declined(exit) => return Ok(exit),
    };
    // An undo needs no rules.
    let by_rules = !matches!(report.outcome, Outcome::Repaired | Outcome::Partial);
    let again = if by_rules { session.again_with(&args.judging, args.shard.shard) } else { session.again.clone() };
    output.write_rows(&report, stream, &again)?;
    Ok(report.outcome.into())
}

/// How the command came to its end.
enum Ended {
    Report(Box<Report>, Option<Stream>),
    Declined(Exit),
}

impl Ended {
    fn with((collector, stream): (Collector, Option<Stream>), ending: Ending) -> Self {
        Self::Report(Box::new(collector.finish(ending, session::now())), stream)
    }
}

struct Repair<'r> {
    args: &'r RepairArgs,
    context: &'r Context,
    work: Work<'r>,
    output: &'r Output,
    /// How many rows the report lists.
    most: usize,
}

impl Repair<'_> {
    async fn dry_run(&self, session: &mut Session) -> Result<Ended, Failure> {
        let events = self.events(session, Mode::DryRun)?;
        let (events, ending) = self.scan(session, events).await?;
        Ok(Ended::with(events, ending))
    }

    /// Mends what needs it, once the user has agreed to it.
    async fn mend(&self, session: &mut Session) -> Result<Ended, Failure> {
        session.prepare(&self.work.rewrites(), &self.args.pace).await?;
        let consent = match self.consent(session).await? {
            Ok(consent) => consent,
            Err(ended) => return Ok(ended),
        };
        let mut events = (self.events(session, Mode::Repair)?, self.progress());
        let ending = repair::repair(&mut session.store, &self.work, &session::who(), consent, &mut events).await?;
        Ok(Ended::with(events.0, ending))
    }

    /// Carries out a reviewed plan, once the user has agreed to it.
    async fn carry_out(&self, session: &mut Session, file: PlanFile) -> Result<Ended, Failure> {
        let database = file.header.database.clone();
        let plan = file.plan(self.work.targets)?;
        session.prepare(&self.work.rewrites(), &self.args.pace).await?;
        let question = format!("Rewrite {} in {database}?", count(plan.rows, "planned row"));
        let consent = match ask::consent(self.args.yes, &question).await? {
            Ok(consent) => consent,
            Err(exit) => return Ok(Ended::Declined(exit)),
        };
        let mut events = (self.events(session, Mode::Repair)?, self.progress());
        let ending =
            plan::carry_out(&mut session.store, &self.work, plan, &session::who(), consent, &mut events).await?;
        Ok(Ended::with(events.0, ending))
    }

    /// Sees what a repair would do.
    async fn scan<E: Events>(&self, session: &mut Session, events: E) -> Result<(E, Ending), Failure> {
        let mut events = (events, self.progress());
        let ending = scan::scan(&mut session.store, &self.work, &mut events).await?;
        Ok((events.0, ending))
    }

    /// Shows the plan and asks, unless the command line has agreed already.
    async fn consent(&self, session: &mut Session) -> Result<Result<Consent, Ended>, Failure> {
        if self.args.yes {
            return Ok(Ok(Consent::given()));
        }
        let most = self.args.findings.most.rows();
        let reports = [Mode::DryRun, Mode::Repair].map(|mode| self.collector(session, mode, most));
        let ([plan, nothing], ending) = self.scan(session, reports).await?;
        let plan = plan.finish(ending, session::now());
        if plan.totals.rewritten == 0 || ending == Ending::Interrupted {
            return Ok(Err(Ended::with((nothing, None), ending)));
        }
        let page = output::stderr_page();
        terminal::write(&mut std::io::stderr().lock(), &plan, &page, None).map_err(Failure::Stdout)?;
        let question = format!("\nRewrite {} in {}?", count(plan.totals.rewritten, "row"), plan.database.url);
        Ok(ask::consent(self.args.yes, &question).await?.map_err(Ended::Declined))
    }

    /// What becomes of the report.
    fn events(&self, session: &Session, mode: Mode) -> Result<(Collector, Option<Stream>), Failure> {
        Ok((self.collector(session, mode, self.most), self.output.stream(self.args.findings.show_values)?))
    }

    fn collector(&self, session: &Session, mode: Mode, most: usize) -> Collector {
        session.collector(mode, &self.work, most, self.args.fail_on.fail_on.into())
    }

    fn progress(&self) -> Option<Progress> {
        self.output.progress(self.context.common)
    }
}
