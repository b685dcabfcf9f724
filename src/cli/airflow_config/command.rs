//! Runs the command of a `_CMD` variable or a `_cmd` option, like Airflow does: without a shell, and for its output.
//!
//! The output is the secret, the arguments may hold one, and a tool may repeat it among its complaints. So nothing of
//! a command is ever shown but the name of its program.

use std::io;
use std::process::{Command, ExitStatus, Stdio};

use thiserror::Error;

use crate::cli::environment::Environment;
use crate::store::location::Secret;

/// Why a command gave no URL.
#[derive(Debug, Error)]
pub enum CommandError {
    /// There is no program to start: no words, or a quote that is not closed.
    #[error("it is not a command line")]
    NotACommand,
    /// The program did not start.
    #[error("`{program}` cannot be started")]
    Start {
        /// The program, without its arguments.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The program says that it failed.
    #[error("`{program}` ended with {status}")]
    Failed {
        /// The program, without its arguments.
        program: String,
        /// How it ended.
        status: ExitStatus,
    },
}

/// Runs a command and returns what it printed. Bytes that are not UTF-8 are dropped, as in Airflow.
pub(super) fn run(command: &str, environment: &Environment) -> Result<Secret, CommandError> {
    let words = split_words(command).ok_or(CommandError::NotACommand)?;
    let (program, arguments) = words.split_first().ok_or(CommandError::NotACommand)?;
    let output = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment.iter())
        .stdin(Stdio::inherit())
        .output()
        .map_err(|source| CommandError::Start { program: shown(program), source })?;
    if !output.status.success() {
        return Err(CommandError::Failed { program: shown(program), status: output.status });
    }
    Ok(Secret::new(String::from_utf8_lossy(&output.stdout).replace(char::REPLACEMENT_CHARACTER, "")))
}

/// The program as it may be shown. Now and then somebody writes the URL itself where the command belongs.
fn shown(program: &str) -> String {
    let ordinary = |c: char| c.is_alphanumeric() || "-_./+".contains(c);
    if program.chars().all(ordinary) { program.to_owned() } else { "…".to_owned() }
}

/// Splits like Python's `shlex.split`: no comments, and inside double quotes a backslash is one unless it stands
/// before a double quote or a backslash. `None` if a quote or a backslash has nothing after it.
fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(characters.next()?),
            '\'' | '"' => quoted(c, &mut characters, word.get_or_insert_default())?,
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

fn quoted(quote: char, characters: &mut impl Iterator<Item = char>, word: &mut String) -> Option<()> {
    loop {
        match characters.next()? {
            c if c == quote => return Some(()),
            '\\' if quote == '"' => match characters.next()? {
                c @ ('"' | '\\') => word.push(c),
                c => word.extend(['\\', c]),
            },
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_splits_like_in_python() {
        let cases: [(&str, Option<&[&str]>); 12] = [
            ("cat /run/secrets/url", Some(&["cat", "/run/secrets/url"])),
            ("  a\t b\n", Some(&["a", "b"])),
            ("echo 'a b' \"c d\"e", Some(&["echo", "a b", "c de"])),
            ("sh -c 'echo \"$URL\"'", Some(&["sh", "-c", "echo \"$URL\""])),
            ("a '' \"\"", Some(&["a", "", ""])),
            ("a\\ b 'c\\d'", Some(&["a b", "c\\d"])),
            ("\"a\\\"b\\\\c\\$d\"", Some(&["a\"b\\c\\$d"])),
            ("a #b", Some(&["a", "#b"])),
            ("", Some(&[])),
            ("a 'b", None),
            ("a \"b", None),
            ("a \\", None),
        ];
        for (text, words) in cases {
            let words = words.map(|words| words.iter().map(|&word| word.to_owned()).collect());
            assert_eq!(split_words(text), words, "{text}");
        }
    }

    #[test]
    fn the_output_is_taken_and_nothing_else_is_shown() {
        let environment = Environment::from_iter([("PATH", "/usr/bin:/bin"), ("URL", "sqlite:////x")]);
        let output = run("sh -c 'echo \"$URL\"; echo noise >&2'", &environment).expect("sh runs");
        assert_eq!(output.reveal(), "sqlite:////x\n");

        let failed = run("sh -c 'echo hunter2; echo hunter2 >&2; exit 3'", &environment).unwrap_err();
        assert_eq!(failed.to_string(), "`sh` ended with exit status: 3");
        let missing = run("no-such-program-here --password hunter2", &environment).unwrap_err();
        assert_eq!(missing.to_string(), "`no-such-program-here` cannot be started");
        for command in ["'hunter2", "", "postgresql://airflow:hunter2@db/meta"] {
            let error = run(command, &environment).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }
}
