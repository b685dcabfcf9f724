//! `statemend rules`: looks at rules without a database.

use crate::cli::args::{RulesArgs, RulesCheckArgs, RulesCommand};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::rules_file::RulesFile;
use crate::domain::rules::AIRFLOW;
use crate::report::rules::{RulesReport, write};

pub(super) fn run(args: &RulesArgs) -> Result<Exit, Failure> {
    match &args.command {
        RulesCommand::Check(args) => check(args),
    }
}

fn check(args: &RulesCheckArgs) -> Result<Exit, Failure> {
    let RulesFile { rules, lines } = RulesFile::open(&args.file)?;
    let output = Output::open(&args.output)?;
    let report = RulesReport::new(&args.file.to_string_lossy(), &rules, &lines, AIRFLOW);
    output.write(&report, |out, page| write(out, &report, page))?;
    Ok(Exit::Success)
}
