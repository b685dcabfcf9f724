//! Decides which database is meant: `--url`, `STATEMEND_URL`, or Airflow's own configuration, in this order.
//!
//! Only here do the three meet: an Airflow schema goes with an Airflow URL, and a URL that someone typed is complete
//! as it is. The flag must not be read from the environment by clap, whose help would print its value.

use thiserror::Error;

pub use super::airflow_config::{AirflowConfig, CommandError, ConfigError, Found, Origin};
use super::environment::Environment;
use super::sqlalchemy_url::{self, UrlError};
use crate::store::location::{Dialect, Location};

/// The variable that stands in for `--url`.
const URL_VARIABLE: &str = "STATEMEND_URL";

/// The database to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Where it is.
    pub location: Location,
    /// Who said so.
    pub origin: Origin,
}

/// Why no database could be made out. This is wrong usage or configuration: exit code 2.
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// There is a URL, and it cannot be used.
    #[error("{origin} cannot be used")]
    Url {
        /// Where the URL stands.
        origin: Origin,
        /// What is wrong with it.
        source: UrlError,
    },
    /// Airflow's configuration does not give a URL.
    #[error("Airflow's configuration gives no database")]
    Config(#[source] ConfigError),
}

impl DatabaseError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            DatabaseError::Url { source, .. } => source.hint(),
            DatabaseError::Config(error) => error.hint().to_owned(),
        }
    }
}

impl From<ConfigError> for DatabaseError {
    fn from(error: ConfigError) -> Self {
        DatabaseError::Config(error)
    }
}

/// Finds the database. `flag` is what was given as `--url`.
///
/// Commands in Airflow's configuration are run; nothing is connected to, and nothing is written.
///
/// # Errors
///
/// [`DatabaseError`], with a hint.
pub fn find(flag: Option<&str>, environment: &Environment) -> Result<Database, DatabaseError> {
    if let Some(url) = flag {
        return at(url, Origin::Flag("--url"));
    }
    if let Some(url) = environment.get(URL_VARIABLE).filter(|url| !url.is_empty()) {
        return at(&url, Origin::Variable(URL_VARIABLE.to_owned()));
    }
    let config = AirflowConfig::load(environment)?;
    let found = config.database_url()?;
    let mut database = at(found.url.reveal(), found.origin)?;
    if let Some(schema) = config.schema()? {
        qualify(&mut database.location, schema);
    }
    Ok(database)
}

/// A replica of the database, as `--replica` names it.
///
/// # Errors
///
/// [`DatabaseError`], with a hint.
pub fn replica(url: &str) -> Result<Database, DatabaseError> {
    at(url, Origin::Flag("--replica"))
}

/// Finds the limit that Airflow's REST API sets on the length of a value, in bytes; `None` if it sets none.
///
/// # Errors
///
/// [`ConfigError`]. Whoever named a database without Airflow's help may take the default instead.
pub fn max_value_storage_bytes(environment: &Environment) -> Result<Option<u64>, ConfigError> {
    AirflowConfig::load(environment)?.max_value_storage_bytes()
}

fn at(url: &str, origin: Origin) -> Result<Database, DatabaseError> {
    match sqlalchemy_url::parse(url) {
        Ok(location) => Ok(Database { location, origin }),
        Err(source) => Err(DatabaseError::Url { origin, source }),
    }
}

/// Airflow writes the schema in front of each table, whatever the search path says. On MySQL that names a database; on
/// SQLite it cannot be anything but `main`.
fn qualify(location: &mut Location, schema: String) {
    match location.dialect {
        Dialect::Postgres => location.schemas = vec![schema],
        Dialect::MySql => location.database = Some(schema),
        Dialect::Sqlite if schema == "main" => {}
        Dialect::Sqlite => location.ignored.push("sql_alchemy_schema".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AIRFLOW_URL: (&str, &str) = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://airflow@airflow-db/meta");
    const AIRFLOW_SCHEMA: (&str, &str) = ("AIRFLOW__DATABASE__SQL_ALCHEMY_SCHEMA", "Air Flow");

    /// A home without an `airflow.cfg`, so that only the variables of a test count.
    const NO_HOME: (&str, &str) = ("AIRFLOW_HOME", "/no/such/directory");

    #[test]
    fn the_flag_wins_over_the_variable_and_the_variable_over_airflow() {
        let flag = Some("postgresql://flag-db/meta");
        let variable = ("STATEMEND_URL", "postgresql://variable-db/meta");
        let cases: [(_, Vec<_>, _, _); 4] = [
            (flag, vec![variable, AIRFLOW_URL], "postgresql://flag-db:5432/meta", "--url"),
            (None, vec![variable, AIRFLOW_URL], "postgresql://variable-db:5432/meta", "STATEMEND_URL"),
            (None, vec![AIRFLOW_URL], "postgresql://airflow@airflow-db:5432/meta", AIRFLOW_URL.0),
            (
                None,
                vec![("STATEMEND_URL", ""), AIRFLOW_URL],
                "postgresql://airflow@airflow-db:5432/meta",
                AIRFLOW_URL.0,
            ),
        ];
        for (flag, variables, url, origin) in cases {
            let environment = variables.into_iter().chain([NO_HOME]).collect();
            let database = find(flag, &environment).expect("a database is named");
            assert_eq!((database.location.to_string().as_str(), database.origin.to_string().as_str()), (url, origin));
        }
    }

    #[test]
    fn airflows_schema_goes_with_airflows_url_and_with_no_other() {
        let find = |flag, airflow_url| {
            let environment = [(AIRFLOW_URL.0, airflow_url), AIRFLOW_SCHEMA, NO_HOME].into_iter().collect();
            find(flag, &environment).expect("a database is named").location
        };
        let searched = "postgresql://db/meta?options=-csearch_path%3Dother";
        assert_eq!(find(None, searched).schemas, ["Air Flow"]);
        assert_eq!(find(Some(searched), AIRFLOW_URL.1).schemas, ["other"]);
        assert_eq!(find(None, "mysql://db/meta").database.as_deref(), Some("Air Flow"));
        assert_eq!(find(None, "sqlite:////airflow.db").ignored, ["sql_alchemy_schema"]);
    }

    #[test]
    fn without_any_url_it_is_the_file_in_airflows_home() {
        let database = find(None, &[NO_HOME].into_iter().collect()).expect("there is a default");
        assert_eq!(database.location.to_string(), "sqlite:////no/such/directory/airflow.db");
    }

    #[test]
    fn an_unusable_url_is_blamed_on_the_place_where_it_stands() {
        let environment = [(AIRFLOW_URL.0, "mssql://sa:hunter2@db/meta"), NO_HOME].into_iter().collect();
        let error = find(None, &environment).unwrap_err();
        assert_eq!(error.to_string(), "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN cannot be used");
        assert!(error.hint().starts_with("write postgresql://"), "{}", error.hint());
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
