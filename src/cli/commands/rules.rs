//! `statemend rules`: looks at rules, and makes a file of them to begin with.

use std::fs::File;
use std::io::Write as _;

use super::Context;
use crate::cli::args::{RulesArgs, RulesCheckArgs, RulesCommand, RulesSuggestArgs, unless_stdout};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::files::{self, Named};
use crate::cli::output::{self, Output};
use crate::cli::rules_file::RulesFile;
use crate::cli::session::{self, Session};
use crate::domain::rules::Rules;
use crate::engine::{Ending, Work, scan};
use crate::report::rules::{RulesReport, write};
use crate::report::suggestion::Suggestion;
use crate::store::{Access, Wanted};

pub(super) async fn run(args: RulesArgs, context: &Context) -> Result<Exit, Failure> {
    match args.command {
        RulesCommand::Check(args) => check(&args),
        RulesCommand::Suggest(args) => suggest(&args, context).await,
    }
}

fn check(args: &RulesCheckArgs) -> Result<Exit, Failure> {
    let RulesFile { rules, lines, own, own_lines } = RulesFile::open(&args.file)?;
    let named = [Named::read("FILE", Some(&args.file)), Named::written("--output", args.output.file.path())];
    files::keep_apart(named, None)?;
    let output = Output::open(&args.output)?;
    let report = RulesReport::new(&args.file.to_string_lossy(), (&rules, &lines), (&own, &own_lines));
    output.write(&report, |out, page| write(out, &report, page))?;
    Ok(Exit::Success)
}

async fn suggest(args: &RulesSuggestArgs, context: &Context) -> Result<Exit, Failure> {
    // A file of rules is somebody's work, and never written over. Said before the scan, and made behind it.
    let output = unless_stdout(args.output.as_ref());
    if let Some(path) = output.filter(|path| path.exists()) {
        return Err(Failure::Exists(path.clone()));
    }
    let mut session = Session::open(&args.target, Access::Read, Wanted::Tables(&[])).await?;
    let targets = session.targets(&args.tables)?;
    let (judge, rules) = (session::judge(&args.limits), Rules::default());
    let work = Work {
        judge: &judge,
        rules: &rules,
        targets: &targets,
        shard: None,
        // For their shapes; the suggestion masks every letter of them.
        show_values: true,
        census: false,
        pace: args.jobs.at(args.rate.into()),
        stop: &context.stop,
    };
    let mut events = (Suggestion::default(), output::progress(context.common));
    let ending = scan::scan(&mut session.store, &work, &mut events).await?;
    let (suggestion, progress) = events;
    drop(progress);
    if ending == Ending::Interrupted {
        return Ok(Exit::Interrupted);
    }
    let text = suggestion.file(&session.url());
    match output {
        Some(path) => File::create_new(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| Failure::Output(path.clone(), error))?,
        None => output::print(text.as_bytes())?,
    }
    Ok(Exit::Success)
}
