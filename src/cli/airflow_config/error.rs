//! Where a setting was found, and why it was not: the words in which Airflow's configuration is talked about.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::command::CommandError;

/// Where a setting was found, in words for a message: `AIRFLOW__DATABASE__SQL_ALCHEMY_CONN`, for example, or
/// `[database] sql_alchemy_conn in /srv/airflow/airflow.cfg`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// This option of the command line.
    Flag(&'static str),
    /// An environment variable. One whose name ends in `_CMD` holds the command that was run.
    Variable(String),
    /// An option in the configuration file. One whose name ends in `_cmd` holds the command that was run.
    File {
        /// The file.
        path: PathBuf,
        /// The section.
        section: &'static str,
        /// The option.
        option: String,
    },
    /// Nowhere: it is what Airflow takes by default.
    Default {
        /// The file that does not say otherwise, or does not exist.
        path: PathBuf,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(option) => f.write_str(option),
            Origin::Variable(name) => f.write_str(name),
            Origin::File { path, section, option } => write!(f, "[{section}] {option} in {}", path.display()),
            Origin::Default { path } => {
                write!(f, "Airflow's default (neither the environment nor {} names another)", path.display())
            }
        }
    }
}

/// Why Airflow's configuration does not give a setting. None of it repeats a value.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file is there and cannot be read.
    #[error("Airflow's configuration file {} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file that `AIRFLOW_CONFIG` names is not there, and nothing else names a database.
    #[error("AIRFLOW_CONFIG names {}, which does not exist", .0.display())]
    Missing(PathBuf),
    /// The file is not in the format of Python's `configparser`.
    #[error("Airflow's configuration file {} is malformed: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Which line, and what is wrong with it.
        reason: String,
    },
    /// A value in the file whose percent signs mean nothing.
    #[error("{origin} cannot be used: {reason}")]
    Value {
        /// Where the value stands.
        origin: Origin,
        /// What is wrong with it.
        reason: String,
    },
    /// A value whose environment variables refer to each other.
    #[error("the variables that {0} refers to have no end")]
    Endless(Origin),
    /// An empty URL. Airflow does not look any further either.
    #[error("{0} is empty")]
    Empty(Origin),
    /// A URL in a secrets backend.
    #[error("{0} leads to a secrets backend, and statemend cannot ask one")]
    Secret(Origin),
    /// A command that gave no URL.
    #[error("the command in {origin} failed")]
    Command {
        /// Where the command stands.
        origin: Origin,
        /// How it failed.
        source: CommandError,
    },
    /// Not a number of bytes.
    #[error("{0} is not a whole number")]
    Number(Origin),
}

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ConfigError::Read { .. } => {
                "run statemend as the user that Airflow runs as, correct AIRFLOW_CONFIG, or give --url"
            }
            ConfigError::Missing(_) => "correct AIRFLOW_CONFIG, or give --url",
            ConfigError::Syntax { .. } => "correct the line; `airflow config list` refuses the file as well",
            ConfigError::Value { .. } => "in airflow.cfg write every `%` of a URL twice: p%%40ss for p%40ss",
            ConfigError::Endless(_) => "correct the variables, or give --url",
            ConfigError::Empty(_) => "set it to the URL of Airflow's database, remove it, or give --url",
            ConfigError::Secret(_) => {
                "let Airflow ask, where its configuration is in force: \
                 export STATEMEND_URL=\"$(airflow config get-value database sql_alchemy_conn)\""
            }
            ConfigError::Command { .. } => {
                "run the command by hand to see what it says: its output may be a secret, so it is not shown here"
            }
            ConfigError::Number(_) => "write a number of bytes, or 0 for no limit",
        }
    }
}
