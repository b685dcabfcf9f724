//! Finds the settings that matter here where Airflow finds them.
//!
//! The order is that of Airflow 3.3's `AirflowConfigParser.get`, and `tests/target.rs` asks the real one: the whole
//! environment before the file; in each of them the plain value, then `_cmd`, then `_secret`; and the old `[core]`
//! section still counts, right behind `[database]`. Plain values have their `$VARIABLES` filled in, the output of a
//! command has not. This module knows nothing of URLs beyond that they are secret.
//!
//! It parts from Airflow in three points. A `_SECRET` is an error even where Airflow would pass it over for want of a
//! secrets backend: whoever wrote it did not mean the next best database. A file that cannot be read is an error, not
//! an empty file. And no file is ever created.

mod command;
mod error;
mod ini;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

pub use self::command::CommandError;
pub use self::error::{ConfigError, Origin};
use self::ini::IniFile;
use super::environment::Environment;
use crate::store::location::Secret;

/// What Airflow takes as the longest value unless it is told otherwise, in bytes.
const MAX_VALUE_STORAGE_BYTES: u64 = 65_535;

/// Where Airflow's database URL may stand: the section of today, and the one from before Airflow 2.3.
const URL_PLACES: [Place; 2] = [Place::new("database", "sql_alchemy_conn"), Place::new("core", "sql_alchemy_conn")];

/// An option in a section of Airflow's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    section: &'static str,
    option: &'static str,
}

impl Place {
    const fn new(section: &'static str, option: &'static str) -> Self {
        Place { section, option }
    }

    fn variable(self, suffix: &str) -> String {
        format!("AIRFLOW__{}__{}{suffix}", self.section, self.option).to_uppercase()
    }

    fn option(self, suffix: &str) -> String {
        format!("{}{suffix}", self.option)
    }
}

/// A database URL and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The URL as it stands there, which holds a password.
    pub url: Secret,
    /// Where that is.
    pub origin: Origin,
}

/// Airflow's configuration: the environment and one file.
pub struct AirflowConfig<'e> {
    environment: &'e Environment,
    home: String,
    path: PathBuf,
    file: Option<IniFile>,
}

impl<'e> AirflowConfig<'e> {
    /// Reads the file that `AIRFLOW_CONFIG` names, or `airflow.cfg` in `AIRFLOW_HOME`, which is `~/airflow` unless it
    /// is set. It is no error if there is none.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Read`], [`ConfigError::Syntax`], and [`ConfigError::Endless`] for the path itself.
    pub fn load(environment: &'e Environment) -> Result<Self, ConfigError> {
        let path_in = |variable: &str| {
            environment.get(variable).map(|path| expand(environment, &path, || Origin::Variable(variable.to_owned())))
        };
        let home = match path_in("AIRFLOW_HOME") {
            Some(home) => home?,
            None => expand(environment, "~/airflow", || Origin::Variable("HOME".to_owned()))?,
        };
        let path = match path_in("AIRFLOW_CONFIG") {
            Some(path) => PathBuf::from(path?),
            None => Path::new(&home).join("airflow.cfg"),
        };
        let file = read(&path)?;
        Ok(AirflowConfig { environment, home, path, file })
    }

    /// `[database] sql_alchemy_conn`, from wherever Airflow would take it.
    ///
    /// # Errors
    ///
    /// Any [`ConfigError`]: the first place that Airflow would use decides, even if what it holds is of no use.
    pub fn database_url(&self) -> Result<Found, ConfigError> {
        for place in URL_PLACES {
            if let Some(found) = self.url_in_environment(place)? {
                return Ok(found);
            }
        }
        for place in URL_PLACES {
            if let Some((value, origin)) = self.in_file(place, "")? {
                return found(self.expand(&value, &origin)?, origin);
            }
        }
        for place in URL_PLACES {
            if let Some((command, origin)) = self.in_file(place, "_cmd")? {
                let output = self.run(&command, &origin)?;
                // Airflow takes no output for no option here, other than in the environment.
                if !output.reveal().is_empty() {
                    return found(output, origin);
                }
            }
        }
        for place in URL_PLACES {
            if let Some((_, origin)) = self.in_file(place, "_secret")? {
                return Err(ConfigError::Secret(origin));
            }
        }
        self.default_url()
    }

    /// `[database] sql_alchemy_schema`, the schema that Airflow writes in front of every table; `None` if it writes
    /// none.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`] and [`ConfigError::Endless`].
    pub fn schema(&self) -> Result<Option<String>, ConfigError> {
        let schema = self.plain(Place::new("database", "sql_alchemy_schema"))?;
        Ok(schema.map(|(schema, _)| schema).filter(|schema| !schema.trim().is_empty()))
    }

    /// `[state_store] max_value_storage_bytes`: the longest value that the REST API takes, or `None` for no limit.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Value`], [`ConfigError::Endless`] and [`ConfigError::Number`].
    pub fn max_value_storage_bytes(&self) -> Result<Option<u64>, ConfigError> {
        match self.plain(Place::new("state_store", "max_value_storage_bytes"))? {
            None => Ok(Some(MAX_VALUE_STORAGE_BYTES)),
            Some((text, origin)) => {
                let number = whole_number(&text).ok_or(ConfigError::Number(origin))?;
                Ok(u64::try_from(number).ok().filter(|&bytes| bytes > 0))
            }
        }
    }

    /// An option that is not a secret: Airflow looks for no command behind it.
    fn plain(&self, place: Place) -> Result<Option<(String, Origin)>, ConfigError> {
        let name = place.variable("");
        let found = match self.environment.get(&name) {
            Some(value) => Some((value, Origin::Variable(name))),
            None => self.in_file(place, "")?,
        };
        found.map(|(value, origin)| Ok((expand(self.environment, &value, || origin.clone())?, origin))).transpose()
    }

    fn url_in_environment(&self, place: Place) -> Result<Option<Found>, ConfigError> {
        let variable = |suffix| {
            let name = place.variable(suffix);
            self.environment.get(&name).map(|value| (value, Origin::Variable(name)))
        };
        if let Some((value, origin)) = variable("") {
            return found(self.expand(&value, &origin)?, origin).map(Some);
        }
        if let Some((command, origin)) = variable("_CMD") {
            return found(self.run(&command, &origin)?, origin).map(Some);
        }
        match variable("_SECRET") {
            Some((_, origin)) => Err(ConfigError::Secret(origin)),
            None => Ok(None),
        }
    }

    fn in_file(&self, place: Place, suffix: &str) -> Result<Option<(String, Origin)>, ConfigError> {
        let option = place.option(suffix);
        let value = self.file.as_ref().map_or(Ok(None), |file| file.get(place.section, &option));
        let origin = Origin::File { path: self.path.clone(), section: place.section, option };
        match value {
            Ok(value) => Ok(value.map(|value| (value, origin))),
            Err(error) => Err(ConfigError::Value { origin, reason: error.to_string() }),
        }
    }

    /// The SQLite file in Airflow's home. With a configuration file that is named and missing, Airflow would write one
    /// and take this as well; here it is more likely that the wrong machine or user was asked.
    fn default_url(&self) -> Result<Found, ConfigError> {
        if self.file.is_none() && self.environment.get("AIRFLOW_CONFIG").is_some() {
            return Err(ConfigError::Missing(self.path.clone()));
        }
        let origin = Origin::Default { path: self.path.clone() };
        found(Secret::new(format!("sqlite:///{}/airflow.db", self.home)), origin)
    }

    fn expand(&self, value: &str, origin: &Origin) -> Result<Secret, ConfigError> {
        expand(self.environment, value, || origin.clone()).map(Secret::new)
    }

    fn run(&self, command: &str, origin: &Origin) -> Result<Secret, ConfigError> {
        command::run(command, self.environment)
            .map_err(|source| ConfigError::Command { origin: origin.clone(), source })
    }
}

fn found(url: Secret, origin: Origin) -> Result<Found, ConfigError> {
    if url.reveal().trim().is_empty() {
        return Err(ConfigError::Empty(origin));
    }
    Ok(Found { url, origin })
}

fn expand(environment: &Environment, value: &str, origin: impl Fn() -> Origin) -> Result<String, ConfigError> {
    environment.expand(value).ok_or_else(|| ConfigError::Endless(origin()))
}

fn read(path: &Path) -> Result<Option<IniFile>, ConfigError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ConfigError::Read { path: path.to_owned(), source }),
    };
    let syntax = |error: ini::SyntaxError| ConfigError::Syntax { path: path.to_owned(), reason: error.to_string() };
    IniFile::parse(&text).map(Some).map_err(syntax)
}

/// A number as Airflow's `getint` reads it: Python's `int`, or a float without a fraction.
fn whole_number(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.replace('_', "");
    digits.parse().ok().or_else(|| {
        let number: f64 = digits.parse().ok()?;
        (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
    })
}
