//! `statemend carry`: the plan, the question, the carry.

use super::Context;
use super::change::{Change, Ended};
use crate::cli::args::CarryArgs;
use crate::cli::ask;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::files::{self, Named};
use crate::cli::output::Output;
use crate::cli::session::{self, Decisions, Session};
use crate::domain::carry::Route;
use crate::engine::consent::Consent;
use crate::engine::events::Events;
use crate::engine::store::Deed;
use crate::engine::{Ending, Work, carry};
use crate::report::model::{Mode, Report};
use crate::report::wording::{count, list};
use crate::store::{Access, Wanted};

pub(super) async fn run(args: CarryArgs, context: &Context) -> Result<Exit, Failure> {
    if !args.dry_run && !args.yes {
        ask::someone_is_there("carry")?;
    }
    let database = session::find(&args.target)?;
    let named =
        [Named::written("--output", args.output.file.path()), Named::read("--rules", args.judging.rules.as_ref())];
    files::keep_apart(named, Some(&database.location))?;
    let output = Output::of_rows(&args.output)?;
    let most = output.most(args.findings.most)?;
    let Decisions { rules, .. } = session::decisions(&args.judging, &args.judging.tables)?;
    let access = if args.dry_run { Access::Read } else { Access::Write };
    // Tables of the user's own have no older ones.
    let mut session = Session::connect(&args.target, database, access, Wanted::Tables(&[])).await?;
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
    let change = Change {
        context,
        output,
        work: &work,
        findings: &args.findings,
        fail_on: args.fail_on.fail_on.into(),
        most,
        yes: args.yes,
        besides: None,
    };
    let ended = Carry { args: &args, routes: &routes, change: &change }.run(&mut session).await?;
    change.write(ended, &session, &args.judging)
}

struct Carry<'c> {
    args: &'c CarryArgs,
    routes: &'c [&'static Route],
    change: &'c Change<'c>,
}

impl Carry<'_> {
    async fn run(&self, session: &mut Session) -> Result<Ended, Failure> {
        match self.args.dry_run {
            true => self.look(session, Mode::CarryDryRun).await,
            // Where there is nothing to carry, there is nothing to write into a journal either.
            false if self.routes.is_empty() => self.look(session, Mode::Carry).await,
            false => self.carry(session).await,
        }
    }

    async fn look(&self, session: &mut Session, mode: Mode) -> Result<Ended, Failure> {
        let told = self.change.told(session, mode)?;
        let (told, ending) = self.plan(session, told).await?;
        Ok(self.change.finish(session, told, ending).await)
    }

    /// Carries what can be carried, once the user has agreed to it.
    async fn carry(&self, session: &mut Session) -> Result<Ended, Failure> {
        let deeds: Vec<Deed> = self.routes.iter().copied().map(Deed::Carry).collect();
        session.prepare(&deeds, &self.args.pace).await?;
        let consent = match self.consent(session).await? {
            Ok(consent) => consent,
            Err(ended) => return Ok(ended),
        };
        let mut events = (self.change.told(session, Mode::Carry)?, self.change.progress());
        let who = session::who();
        let ending =
            carry::carry(&mut session.store, self.change.work, self.routes, &who, consent, &mut events).await?;
        Ok(self.change.finish(session, events.0, ending).await)
    }

    /// Sees what a carry would do.
    async fn plan<E: Events>(&self, session: &mut Session, events: E) -> Result<(E, Ending), Failure> {
        let mut events = (events, self.change.progress());
        let ending = carry::plan(&mut session.store, self.change.work, self.routes, &mut events).await?;
        Ok((events.0, ending))
    }

    async fn consent(&self, session: &mut Session) -> Result<Result<Consent, Ended>, Failure> {
        let see = async |session: &mut Session, reports| self.plan(session, reports).await;
        let question = |plan: &Report| {
            let rows = plan.totals.carry.map_or(0, |carry| carry.carried);
            let rows = (rows > 0).then(|| count(rows, "row"))?;
            Some(format!("Carry {rows} into {} in {}?", self.into(), plan.database.url))
        };
        self.change.consent(session, [Mode::CarryDryRun, Mode::Carry], see, question).await
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
}
