//! `statemend repair`: the plan, the question, the repair.

use super::Context;
use super::change::{Change, Ended};
use crate::cli::args::RepairArgs;
use crate::cli::ask;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::files::{self, Named};
use crate::cli::output::Output;
use crate::cli::plan_file::PlanFile;
use crate::cli::session::{self, Decisions, Session};
use crate::engine::consent::Consent;
use crate::engine::events::Events;
use crate::engine::{Ending, Work, plan, repair, scan};
use crate::report::model::{Mode, Report};
use crate::report::wording::count;
use crate::store::{Access, Wanted};

pub(super) async fn run(args: RepairArgs, context: &Context) -> Result<Exit, Failure> {
    if !args.dry_run && !args.yes {
        ask::someone_is_there("repair")?;
    }
    let database = session::find(&args.target)?;
    let named = [
        Named::written("--output", args.output.file.path()),
        Named::read("--plan", args.plan.as_ref()),
        Named::read("--rules", args.judging.rules.as_ref()),
    ];
    files::keep_apart(named, Some(&database.location))?;
    let output = Output::of_rows(&args.output)?;
    let most = output.most(args.findings.most)?;
    let plan = args.plan.as_deref().map(PlanFile::open).transpose()?;
    let tables = plan.as_ref().map_or(&args.judging.tables, |plan| &plan.header.tables);
    let Decisions { rules, own } = session::decisions(&args.judging, tables)?;
    let access = if args.dry_run { Access::Read } else { Access::Write };
    let mut session = Session::connect(&args.target, database, access, Wanted::Tables(&own)).await?;
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
    let plan_path = args.plan.as_ref().map(|path| ("--plan", path.to_string_lossy().into_owned()));
    let shard = args.shard.shard.map(|shard| ("--shard", shard.to_string()));
    let change = Change {
        context,
        output,
        work: &work,
        findings: &args.findings,
        fail_on: args.fail_on.fail_on.into(),
        most,
        yes: args.yes,
        besides: plan_path.or(shard),
    };
    let ended = Repair { args: &args, change: &change }.run(&mut session, plan).await?;
    change.write(ended, &session, &args.judging)
}

struct Repair<'r> {
    args: &'r RepairArgs,
    change: &'r Change<'r>,
}

impl Repair<'_> {
    async fn run(&self, session: &mut Session, plan: Option<PlanFile>) -> Result<Ended, Failure> {
        match (plan, self.args.dry_run) {
            (None, true) => self.dry_run(session).await,
            (None, false) => self.mend(session).await,
            (Some(plan), _) => self.carry_out(session, plan).await,
        }
    }

    async fn dry_run(&self, session: &mut Session) -> Result<Ended, Failure> {
        let told = self.change.told(session, Mode::DryRun)?;
        let (told, ending) = self.scan(session, told).await?;
        Ok(self.change.finish(session, told, ending).await)
    }

    /// Mends what needs it, once the user has agreed to it.
    async fn mend(&self, session: &mut Session) -> Result<Ended, Failure> {
        session.prepare(&self.change.work.rewrites(), &self.args.pace).await?;
        let consent = match self.consent(session).await? {
            Ok(consent) => consent,
            Err(ended) => return Ok(ended),
        };
        let mut events = (self.change.told(session, Mode::Repair)?, self.change.progress());
        let ending =
            repair::repair(&mut session.store, self.change.work, &session::who(), consent, &mut events).await?;
        Ok(self.change.finish(session, events.0, ending).await)
    }

    /// Carries out a reviewed plan, once the user has agreed to it.
    async fn carry_out(&self, session: &mut Session, file: PlanFile) -> Result<Ended, Failure> {
        let plan = file.plan(self.change.work.targets)?;
        session.prepare(&self.change.work.rewrites(), &self.args.pace).await?;
        let question = format!("Rewrite {} in {}?", count(plan.rows, "planned row"), session.url());
        let consent = match ask::consent(self.args.yes, &question).await? {
            Ok(consent) => consent,
            Err(exit) => return Ok(Ended::Declined(exit)),
        };
        let mut events = (self.change.told(session, Mode::Repair)?, self.change.progress());
        let ending =
            plan::carry_out(&mut session.store, self.change.work, plan, &session::who(), consent, &mut events).await?;
        Ok(self.change.finish(session, events.0, ending).await)
    }

    /// Sees what a repair would do.
    async fn scan<E: Events>(&self, session: &mut Session, events: E) -> Result<(E, Ending), Failure> {
        let mut events = (events, self.change.progress());
        let ending = scan::scan(&mut session.store, self.change.work, &mut events).await?;
        Ok((events.0, ending))
    }

    async fn consent(&self, session: &mut Session) -> Result<Result<Consent, Ended>, Failure> {
        let see = async |session: &mut Session, reports| self.scan(session, reports).await;
        let question = |plan: &Report| {
            let rows = plan.totals.rewritten;
            (rows > 0).then(|| format!("Rewrite {} in {}?", count(rows, "row"), plan.database.url))
        };
        self.change.consent(session, [Mode::DryRun, Mode::Repair], see, question).await
    }
}
