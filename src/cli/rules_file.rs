//! The file of rules: TOML, read as a whole, with everything that is wrong with it told at once.
//!
//! What rules mean is `domain::rules`' business. This knows how they are written, and where in the file.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::own::Declared;
use crate::domain::rules::Rules;
use crate::report::escape::sanitise;

mod fields;
mod mistake;
mod targets;
#[cfg(test)]
mod tests;
mod walk;

use mistake::Mistake;
use walk::Walked;

/// The version of the form that this release reads.
const VERSION: u64 = 1;

/// Why there are no rules.
#[derive(Debug, thiserror::Error)]
pub(super) enum RulesError {
    #[error("the rules {} cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error(transparent)]
    Wrong(#[from] Mistakes),
}

/// All that is wrong with a file, in the order in which it stands there.
#[derive(Debug, thiserror::Error)]
pub(super) struct Mistakes {
    path: PathBuf,
    text: String,
    mistakes: Vec<Mistake>,
}

/// Rules and targets with the places where they were found.
#[derive(Debug)]
pub(super) struct RulesFile {
    pub rules: Rules,
    /// The line on which each of them begins, counted from 1.
    pub lines: Vec<usize>,
    /// Tables of the user's own.
    pub own: Vec<Declared>,
    /// The line on which each of them begins, counted from 1.
    pub own_lines: Vec<usize>,
}

impl RulesFile {
    /// Reads a file of rules.
    pub fn open(path: &Path) -> Result<Self, RulesError> {
        let text = fs::read_to_string(path).map_err(|error| RulesError::Read(path.to_owned(), error))?;
        Self::parse(&text).map_err(|mistakes| Mistakes { path: path.to_owned(), text, mistakes }.into())
    }

    fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let Walked { rules, rule_starts, own, own_starts } = walk::walk(text)?;
        let lines = |starts: Vec<usize>| starts.into_iter().map(|start| mistake::line_of(text, start)).collect();
        Ok(Self { rules, lines: lines(rule_starts), own, own_lines: lines(own_starts) })
    }
}

impl fmt::Display for Mistakes {
    /// Only how many there are. An error is one line; [`Mistakes::places`] has many.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.mistakes.len() {
            1 => write!(f, "the file of rules {path} has a mistake"),
            many => write!(f, "the file of rules {path} has {many} mistakes"),
        }
    }
}

impl Mistakes {
    /// Every mistake with its place, fit for a terminal.
    pub fn places(&self) -> impl fmt::Display {
        let path = sanitise(&self.path.to_string_lossy()).into_owned();
        fmt::from_fn(move |f| {
            let mut told = HashSet::new();
            self.mistakes.iter().try_for_each(|mistake| {
                mistake.show(f, &path, &self.text)?;
                match &mistake.known {
                    Some(known) if told.insert(known) => writeln!(f, "  {known}"),
                    _ => Ok(()),
                }
            })
        })
    }
}
