//! `statemend carry`: the plan, the question, the carry.

use super::Context;
use crate::cli::args::CarryArgs;
use crate::cli::ask;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{self, Output};
use crate::cli::session::{self, Decisions, Session};
use crate::domain::carry::Route;
use crate::engine::consent::Consent;
use crate::engine::events::Events;
use crate::engine::store::Deed;
use crate::engine::{Ending, Work, carry};
use crate::report::collect::Collector;
use crate::report::model::{Mode, Outcome, Report};
use crate::report::stream::Stream;
use crate::report::terminal;
use crate::report::wording::{count, list};
use crate::store::{Access, Wanted};

pub(super) async fn run(args: CarryArgs, context: &Context) -> Result<Exit, Failure> {
    if !args.dry_run && !args.yes {
        ask::someone_is_there("carry")?;
    }
    let output = Output::of_rows(&args.output)?;
    let most = output.most(args.findings.most)?;
    let Decisions { rules, .. } = session::decisions(&args.judging, &args.judging.tables)?;
    let access = if args.dry_run { Access::Read } else { Access::Write };
    // Tables of the user's own have no older ones.
    let mut session = Session::open(&args.target, access, Wanted::Tables(&[])).await?;
    let judge = session::judge(&args.judging.limits);
    let routes = session.routes(&args.judging.tables)?;
    let targets: Vec<_> = routes.iter().map(|route| route.from).collect();
    let work = Work {
        judge: &judge,
        rules: &rules,
        targets: &targets,
        shard: None,
        show_values: args.findings.show_values,
        census: false,
        pace: (&args.pace).into(),
        stop: &context.stop,
    };
    let command = Carry { args: &args, context, work, routes: &routes, output: &output, most };
    let ended = match args.dry_run {
        true => command.look(&mut session, Mode::CarryDryRun).await,
        // Where there is nothing to carry, there is nothing to write into a journal either.
        false if routes.is_empty() => command.look(&mut session, Mode::Carry).await,
        false => command.carry(&mut session).await,
    };
    let (report, stream) = match ended? {
        Ok(reports) => reports,
        Err(exit) => return Ok(exit),
    };
    // An undo needs no rules.
    let by_rules = !matches!(report.outcome, Outcome::Carried | Outcome::Partial);
    let again = if by_rules { session.again_with(&args.judging, None) } else { session.again.clone() };
    output.write_rows(&report, stream, &again)?;
    Ok(report.outcome.into())
}

/// A report, with the end of a list of rows where it is one, or the exit code where the user did not agree.
type Ended = Result<(Report, Option<Stream>), Exit>;

struct Carry<'c> {
    args: &'c CarryArgs,
    context: &'c Context,
    work: Work<'c>,
    routes: &'c [&'static Route],
    output: &'c Output,
    /// How many rows the report lists.
    most: usize,
}

impl Carry<'_> {
    async fn look(&self, session: &mut Session, mode: Mode) -> Result<Ended, Failure> {
        let events = self.events(session, mode)?;
        let ((collector, stream), ending) = self.plan(session, events).await?;
        Ok(Ok((collector.finish(ending, session::now()), stream)))
    }

    /// Carries what can be carried, once the user has agreed to it.
    async fn carry(&self, session: &mut Session) -> Result<Ended, Failure> {
        let deeds: Vec<Deed> = self.routes.iter().copied().map(Deed::Carry).collect();
        session.prepare(&deeds, &self.args.pace).await?;
        let consent = match self.consent(session).await? {
            Ok(consent) => consent,
            Err(ended) => return Ok(ended),
        };
        let mut events = (self.events(session, Mode::Carry)?, self.output.progress(self.context.common));
        let who = session::who();
        let ending = carry::carry(&mut session.store, &self.work, self.routes, &who, consent, &mut events).await?;
        let (collector, stream) = events.0;
        Ok(Ok((collector.finish(ending, session::now()), stream)))
    }

    /// Sees what a carry would do.
    async fn plan<E: Events>(&self, session: &mut Session, events: E) -> Result<(E, Ending), Failure> {
        let mut events = (events, self.output.progress(self.context.common));
        let ending = carry::plan(&mut session.store, &self.work, self.routes, &mut events).await?;
        Ok((events.0, ending))
    }

    /// Shows the plan and asks, unless the command line has agreed already.
    async fn consent(&self, session: &mut Session) -> Result<Result<Consent, Ended>, Failure> {
        if self.args.yes {
            return Ok(Ok(Consent::given()));
        }
        let most = self.args.findings.most.rows();
        let reports = [Mode::CarryDryRun, Mode::Carry].map(|mode| self.collector(session, mode, most));
        let ([plan, nothing], ending) = self.plan(session, reports).await?;
        let plan = plan.finish(ending, session::now());
        let carried = plan.totals.carry.map_or(0, |carry| carry.carried);
        if carried == 0 || ending == Ending::Interrupted {
            return Ok(Err(Ok((nothing.finish(ending, session::now()), None))));
        }
        terminal::write(&mut std::io::stderr().lock(), &plan, &output::stderr_page(), None).map_err(Failure::Stdout)?;
        let question = format!("\nCarry {} into {} in {}?", count(carried, "row"), self.into(), plan.database.url);
        Ok(ask::consent(false, &question).await?.map_err(Err))
    }

    /// The tables that are filled, as a sentence names them.
    fn into(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for route in self.routes {
            if !names.contains(&route.to.table) {
                names.push(route.to.table.clone());
            }
        }
        list(&names)
    }

    /// What becomes of the report.
    fn events(&self, session: &Session, mode: Mode) -> Result<(Collector, Option<Stream>), Failure> {
        Ok((self.collector(session, mode, self.most), self.output.stream(self.args.findings.show_values)?))
    }

    fn collector(&self, session: &Session, mode: Mode, most: usize) -> Collector {
        session.collector(mode, &self.work, most, self.args.fail_on.fail_on.into())
    }
}
