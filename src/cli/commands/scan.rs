//! `statemend scan`.

use super::Context;
use crate::cli::args::ScanArgs;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::session::{self, Session};
use crate::engine::{Work, scan};
use crate::report::model::Mode;
use crate::report::terminal;
use crate::store::Access;

pub(super) async fn run(args: ScanArgs, context: &Context) -> Result<Exit, Failure> {
    let output = Output::open(&args.output)?;
    let mut session = Session::open(&args.target, Access::Read).await?;
    let targets = session.targets(&args.judging.tables)?;
    let judge = session::judge(&args.judging.limits);
    let work = Work { judge: &judge, targets: &targets, show_values: args.findings.show_values, stop: &context.stop };
    let collector = session.collector(Mode::Scan, args.findings.max_findings, args.fail_on.fail_on.into());
    let mut events = (collector, session::progress(context.common));
    let ending = scan::scan(&mut session.store, &work, &mut events).await?;
    let (collector, progress) = events;
    drop(progress);
    let report = collector.finish(ending, session::now());
    output.write(&report, |out, page| terminal::write(out, &report, page, Some(&session.again)))?;
    Ok(report.outcome.into())
}
