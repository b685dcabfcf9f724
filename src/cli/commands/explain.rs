//! `statemend explain`: one value for a person, or a line per value for a program.
//!
//! Nothing in here waits for anything but standard input, so it is plain synchronous code. That also leaves signals
//! their usual effect: there is nothing that would have to be stopped gently.

use std::io::{self, IsTerminal as _, Read as _};

use super::Context;
use crate::cli::args::{CommonArgs, ExplainArgs};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::session;
use crate::domain::finding::Severity;
use crate::domain::judge::Judge;
use crate::report::explain::{Explanation, LineBreak, write};

mod lines;

pub(super) fn run(args: &ExplainArgs, context: &Context) -> Result<Exit, Failure> {
    let judge = session::judge(&args.limits);
    if args.ndjson { many(&judge, context.common) } else { one(args, &judge, context.common) }
}

fn one(args: &ExplainArgs, judge: &Judge, common: CommonArgs) -> Result<Exit, Failure> {
    let output = Output::open(&args.output)?;
    ask_for("a value", common);
    let mut input = Vec::new();
    io::stdin().lock().read_to_end(&mut input).map_err(Failure::Stdin)?;
    let (value, line_break) = match input.strip_suffix(b"\n") {
        None => (&*input, LineBreak::Absent),
        Some(_) if args.keep_newline => (&*input, LineBreak::Kept),
        Some(value) => (value, LineBreak::LeftOff),
    };
    let explanation = Explanation::new(judge, value, line_break);
    let explanation = if args.show_values { explanation } else { explanation.without_values() };
    output.write(&explanation.verdict, |out, page| write(out, &explanation, page))?;
    let unreadable = explanation.verdict.severity == Some(Severity::Error);
    Ok(if unreadable { Exit::Findings } else { Exit::Success })
}

fn many(judge: &Judge, common: CommonArgs) -> Result<Exit, Failure> {
    ask_for("values, each a JSON string on a line of its own", common);
    let answered = match lines::answer(judge, io::stdin().lock(), io::stdout().lock()) {
        // Whoever reads us, such as `head`, has seen enough.
        Err(Failure::Stdout(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Success),
        answered => answered?,
    };
    match answered.first_broken {
        None => Ok(Exit::Success),
        Some(first) => Err(Failure::NotStrings { broken: answered.broken, lines: answered.lines, first }),
    }
}

/// Tells whoever sits at the terminal that it is their turn.
fn ask_for(what: &str, common: CommonArgs) {
    if io::stdin().is_terminal() && !common.quiet {
        eprintln!("waiting for {what}; Ctrl-D ends the input");
    }
}
