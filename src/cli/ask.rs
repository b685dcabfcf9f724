//! The question before anything is changed.

use std::io::{self, IsTerminal as _, Write as _};
use std::pin::pin;

use futures_util::future::{Either, select};

use super::exit::Exit;
use super::failure::Failure;
use super::signals::Signals;
use crate::engine::consent::Consent;

/// What the user said.
enum Answer {
    Yes(Consent),
    No,
    /// Ctrl-C instead of an answer.
    Interrupted,
}

/// Whether there is someone to ask. Checked before any work is done for the question.
pub(super) fn someone_is_there(command: &'static str) -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() { Ok(()) } else { Err(Failure::NobodyToAsk(command)) }
}

/// Asks for consent, unless the command line has given it already. Without it, the command ends with an exit code.
pub(super) async fn consent(yes: bool, question: &str) -> Result<Result<Consent, Exit>, Failure> {
    if yes {
        return Ok(Ok(Consent::given()));
    }
    Ok(match ask(question).await? {
        Answer::Yes(consent) => Ok(consent),
        Answer::No => {
            eprintln!("Nothing was changed.");
            Err(Exit::Success)
        }
        Answer::Interrupted => Err(Exit::Interrupted),
    })
}

/// Asks on standard error; only `y` or `yes` is a yes.
async fn ask(question: &str) -> Result<Answer, Failure> {
    // Before the question stands there, since the answer may be Ctrl-C at once.
    let mut signals = Signals::hear().map_err(Failure::Answer)?;
    eprint!("{question} [y/N] ");
    io::stderr().flush().map_err(Failure::Answer)?;
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = match select(line, pin!(signals.next())).await {
        Either::Left((line, _)) => line.map_err(io::Error::other).and_then(|line| line).map_err(Failure::Answer)?,
        Either::Right(((), _)) => {
            eprintln!();
            return Ok(Answer::Interrupted);
        }
    };
    Ok(match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Answer::Yes(Consent::given()),
        _ => Answer::No,
    })
}
