//! What `repair` and `carry` have in common: a plan that is shown, a question, and a report of what was done.

use super::Context;
use crate::cli::args::{FindingsArgs, JudgingArgs};
use crate::cli::ask;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{self, Output};
use crate::cli::session::Session;
use crate::domain::finding::Severity;
use crate::engine::consent::Consent;
use crate::engine::{Ending, Work};
use crate::report::Most;
use crate::report::collect::Collector;
use crate::report::model::{Mode, Outcome, Report};
use crate::report::progress::Progress;
use crate::report::stream::Stream;
use crate::report::terminal;

/// How the command came to its end: with a report, and the end of a list of rows where it is one, or without, because
/// the user did not agree.
pub(super) enum Ended {
    Report(Box<Report>, Option<Stream>),
    Declined(Exit),
}

/// Where a command tells what it would do, does and has done.
pub(super) struct Change<'c> {
    pub context: &'c Context,
    pub output: Output,
    pub work: &'c Work<'c>,
    pub findings: &'c FindingsArgs,
    pub fail_on: Severity,
    /// How many rows are enough for the report.
    pub most: Most,
    /// Whether the command line has agreed already.
    pub yes: bool,
    /// What else the command line says of which rows are meant.
    pub besides: Option<(&'static str, String)>,
}

/// What gets to know what happens: a report to be filled, and a list of rows where the report is one.
pub(super) type Told = (Collector, Option<Stream>);

impl Change<'_> {
    pub fn told(&self, session: &Session, mode: Mode) -> Result<Told, Failure> {
        Ok((self.collector(session, mode, self.most), self.output.stream(self.findings.show_values)?))
    }

    pub fn progress(&self) -> Option<Progress> {
        self.output.progress(self.context.common)
    }

    pub async fn finish(&self, session: &mut Session, (collector, stream): Told, ending: Ending) -> Ended {
        Ended::Report(Box::new(session.finish(collector, ending).await), stream)
    }

    /// Shows a plan and asks, unless the command line has agreed already. `modes` are those of the plan and of the
    /// command; where the plan changes nothing, what it has seen is the command's report. `see` makes the plan, and
    /// `question` asks about what it would change, if that is anything.
    pub async fn consent(
        &self,
        session: &mut Session,
        modes: [Mode; 2],
        see: impl AsyncFnOnce(&mut Session, [Collector; 2]) -> Result<([Collector; 2], Ending), Failure>,
        question: impl FnOnce(&Report) -> Option<String>,
    ) -> Result<Result<Consent, Ended>, Failure> {
        if self.yes {
            return Ok(Ok(Consent::given()));
        }
        let most = self.findings.most.rows();
        let reports = modes.map(|mode| self.collector(session, mode, most));
        let ([plan, nothing], ending) = see(session, reports).await?;
        let plan = session.finish(plan, ending).await;
        let Some(question) = question(&plan).filter(|_| ending == Ending::Complete) else {
            return Ok(Err(self.finish(session, (nothing, None), ending).await));
        };
        terminal::write(&mut std::io::stderr().lock(), &plan, &output::stderr_page(), None).map_err(Failure::Stdout)?;
        Ok(ask::consent(false, &format!("\n{question}")).await?.map_err(Ended::Declined))
    }

    /// Writes the report. What undoes it needs no rules.
    pub fn write(self, ended: Ended, session: &Session, judging: &JudgingArgs) -> Result<Exit, Failure> {
        let (report, stream) = match ended {
            Ended::Report(report, stream) => (report, stream),
            Ended::Declined(exit) => return Ok(exit),
        };
        let changed = matches!(report.outcome, Outcome::Repaired | Outcome::Carried | Outcome::Partial);
        let again = if changed { session.again.clone() } else { session.again_with(judging, self.besides) };
        let written = self.output.write_rows(&report, stream, &again);
        written.map_err(|failure| failure.of_run(report.run_id.as_deref()))?;
        Ok(Exit::from(report.as_ref()))
    }

    fn collector(&self, session: &Session, mode: Mode, most: Most) -> Collector {
        session.collector(mode, self.work, most, self.fail_on)
    }
}
