//! `statemend repair`: the plan, the question, the repair.

use super::Context;
use crate::cli::args::RepairArgs;
use crate::cli::ask::{self, Answer};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{self, Output};
use crate::cli::session::{self, Session};
use crate::domain::finding::Severity;
use crate::engine::consent::Consent;
use crate::engine::events::Events;
use crate::engine::store::Ledger as _;
use crate::engine::{Ending, Work, repair, scan};
use crate::report::collect::Collector;
use crate::report::model::{Mode, Report};
use crate::report::terminal;
use crate::report::wording::count;
use crate::store::Access;

pub(super) async fn run(args: RepairArgs, context: &Context) -> Result<Exit, Failure> {
    if !args.dry_run && !args.yes {
        ask::someone_is_there("repair")?;
    }
    let output = Output::open(&args.output)?;
    let mut session = Session::open(&args.target, Access::Read).await?;
    let targets = session.targets(&args.judging.tables)?;
    let judge = session::judge(&args.judging.limits);
    let work = Work { judge: &judge, targets: &targets, show_values: args.findings.show_values, stop: &context.stop };
    let command = Repair { args: &args, context, work };
    let report = if args.dry_run {
        let collector = command.collector(&session, Mode::DryRun);
        let (collector, ending) = command.scan(&mut session, collector).await?;
        collector.finish(ending, session::now())
    } else if args.yes {
        command.mend(&mut session, Consent::given()).await?
    } else {
        match command.consent(&mut session).await? {
            Asked::Consent(consent) => command.mend(&mut session, consent).await?,
            Asked::Nothing(report) => *report,
            Asked::Declined(exit) => return Ok(exit),
        }
    };
    output.write(&report, |out, page| terminal::write(out, &report, page, Some(&session.again)))?;
    Ok(report.outcome.into())
}

/// What became of the question.
enum Asked {
    Consent(Consent),
    /// There was nothing to ask: no row would change, or the look at them was interrupted.
    Nothing(Box<Report>),
    Declined(Exit),
}

struct Repair<'r> {
    args: &'r RepairArgs,
    context: &'r Context,
    work: Work<'r>,
}

impl Repair<'_> {
    /// Sees what a repair would do.
    async fn scan<E: Events>(&self, session: &mut Session, events: E) -> Result<(E, Ending), Failure> {
        let mut events = (events, session::progress(self.context.common));
        let ending = scan::scan(&mut session.store, &self.work, &mut events).await?;
        Ok((events.0, ending))
    }

    /// Shows the plan and asks.
    async fn consent(&self, session: &mut Session) -> Result<Asked, Failure> {
        let reports = (self.collector(session, Mode::DryRun), self.collector(session, Mode::Repair));
        let ((plan, nothing), ending) = self.scan(session, reports).await?;
        let plan = plan.finish(ending, session::now());
        if plan.totals.rewritten == 0 || ending == Ending::Interrupted {
            return Ok(Asked::Nothing(Box::new(nothing.finish(ending, session::now()))));
        }
        let page = output::stderr_page();
        terminal::write(&mut std::io::stderr().lock(), &plan, &page, None).map_err(Failure::Stdout)?;
        let question = format!("\nRewrite {} in {}?", count(plan.totals.rewritten, "row"), plan.database.url);
        match ask::ask(&question).await? {
            Answer::Yes(consent) => Ok(Asked::Consent(consent)),
            Answer::No => {
                eprintln!("Nothing was changed.");
                Ok(Asked::Declined(Exit::Success))
            }
            Answer::Interrupted => Ok(Asked::Declined(Exit::Interrupted)),
        }
    }

    async fn mend(&self, session: &mut Session, consent: Consent) -> Result<Report, Failure> {
        let mut store = session.reopen(Access::Write).await?;
        store.prepare(self.work.targets).await?;
        let mut events = (self.collector(session, Mode::Repair), session::progress(self.context.common));
        let (_, ending) = repair::repair(&mut store, &self.work, &session::who(), consent, &mut events).await?;
        Ok(events.0.finish(ending, session::now()))
    }

    fn collector(&self, session: &Session, mode: Mode) -> Collector {
        let fail_on: Severity = self.args.fail_on.fail_on.into();
        session.collector(mode, self.args.findings.max_findings, fail_on)
    }
}
