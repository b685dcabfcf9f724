//! `statemend scan`.

use std::path::Path;

use super::Context;
use crate::cli::args::{CommonArgs, ScanArgs};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::files::{self, Named};
use crate::cli::logging;
use crate::cli::output::Output;
use crate::cli::plan_file::PlanWriter;
use crate::cli::session::{self, Decisions, Session};
use crate::engine::{Ending, Work, scan};
use crate::report::model::Mode;
use crate::report::wording::count;
use crate::store::{Access, Wanted};

pub(super) async fn run(args: ScanArgs, context: &Context) -> Result<Exit, Failure> {
    let database = session::find(&args.target)?;
    let named = [
        Named::written("--output", args.output.file.path()),
        Named::written("--plan-out", args.plan_out.as_ref()),
        Named::read("--rules", args.judging.rules.as_ref()),
    ];
    files::keep_apart(named, Some(&database.location))?;
    let output = Output::of_rows(&args.output)?;
    let most = output.most(args.findings.most)?;
    let Decisions { rules, own } = session::decisions(&args.judging, &args.judging.tables)?;
    let mut session = Session::connect(&args.target, database, Access::Read, Wanted::Tables(&own)).await?;
    let targets = session.targets(&args.judging.tables)?;
    let judge = session::judge(&args.judging.limits);
    let work = Work {
        judge: &judge,
        rules: &rules,
        targets: &targets,
        shard: args.shard.shard,
        show_values: args.findings.show_values,
        census: args.census,
        pace: args.jobs.at(args.rate.into()),
        stop: &context.stop,
    };
    let header = || session.plan_header(&judge, &rules, &targets);
    let plan = args.plan_out.as_deref().map(|path| PlanWriter::create(path, &header())).transpose()?;
    let collector = session.collector(Mode::Scan, &work, most, args.fail_on.fail_on.into());
    let stream = output.stream(args.findings.show_values)?;
    let mut events = ((collector, stream), (plan, output.progress(context.common)));
    let ending = scan::scan(&mut session.store, &work, &mut events).await?;
    let ((collector, stream), (plan, progress)) = events;
    drop(progress);
    if let (Some(plan), Some(path)) = (plan, &args.plan_out) {
        finish(plan, path, ending, context.common)?;
    }
    let report = session.finish(collector, ending).await;
    let shard = work.shard.map(|shard| ("--shard", shard.to_string()));
    output.write_rows(&report, stream, &session.again_with(&args.judging, shard))?;
    Ok(Exit::from(&report))
}

/// Completes the plan, unless the scan has not seen everything.
fn finish(plan: PlanWriter, path: &Path, ending: Ending, common: CommonArgs) -> Result<(), Failure> {
    if ending == Ending::Interrupted {
        tracing::warn!("interrupted, so there is no plan {}", path.display());
        return Ok(());
    }
    let rows = plan.finish()?;
    if !common.quiet {
        logging::say(common, &format!("{} would rewrite {}.", path.display(), count(rows, "row")));
    }
    Ok(())
}
