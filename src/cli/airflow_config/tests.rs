//! What statemend adds to Airflow's rules: where a value was found, and refusals. That the rules themselves are
//! Airflow's is for `tests/target.rs` to show.

use super::*;

/// An Airflow home in a temporary directory, with an `airflow.cfg` if there is text for one.
struct Home(tempfile::TempDir);

impl Home {
    fn with(file: Option<&str>) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        if let Some(text) = file {
            std::fs::write(directory.path().join("airflow.cfg"), text).expect("the directory is writable");
        }
        Home(directory)
    }

    fn path(&self) -> &str {
        self.0.path().to_str().expect("temporary directories have plain names")
    }

    /// The URL and where it came from, with the home written as `HOME`.
    fn url(&self, variables: &[(&str, &str)]) -> Result<(String, String), ConfigError> {
        let fixed = [("AIRFLOW_HOME", self.path()), ("PATH", "/usr/bin:/bin")];
        let environment = Environment::from_iter(fixed.into_iter().chain(variables.iter().copied()));
        let found = AirflowConfig::load(&environment)?.database_url()?;
        let short = |text: &str| text.replace(self.path(), "HOME");
        Ok((short(found.url.reveal()), short(&found.origin.to_string())))
    }
}

#[test]
fn a_url_comes_with_the_place_where_it_was_found() {
    let file = Some("[database]\nsql_alchemy_conn = sqlite:////file.db\n");
    let old_file = Some("[core]\nsql_alchemy_conn_cmd = echo sqlite:////old.db\n");
    let variable = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////env.db");
    let command = ("AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD", "echo sqlite:////cmd.db");
    let cases: [(_, &[_], _, _); 5] = [
        (file, &[variable], "sqlite:////env.db", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"),
        (file, &[command], "sqlite:////cmd.db\n", "AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD"),
        (file, &[], "sqlite:////file.db", "[database] sql_alchemy_conn in HOME/airflow.cfg"),
        (old_file, &[], "sqlite:////old.db\n", "[core] sql_alchemy_conn_cmd in HOME/airflow.cfg"),
        (
            None,
            &[],
            "sqlite:///HOME/airflow.db",
            "Airflow's default (neither the environment nor HOME/airflow.cfg names another)",
        ),
    ];
    for (file, variables, url, origin) in cases {
        let found = Home::with(file).url(variables).expect("there is a URL");
        assert_eq!(found, (url.to_owned(), origin.to_owned()));
    }
}

#[test]
fn a_secrets_backend_is_refused_with_a_way_out() {
    let secret = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET", "airflow/hunter2");
    let file = "[database]\nsql_alchemy_conn_secret = airflow/hunter2\n";
    for (home, variables) in [(Home::with(None), &[secret][..]), (Home::with(Some(file)), &[])] {
        let error = home.url(variables).unwrap_err();
        assert!(matches!(error, ConfigError::Secret(_)), "{error:?}");
        assert!(error.hint().contains("STATEMEND_URL"), "{}", error.hint());
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn no_file_is_created() {
    let home = Home::with(None);
    home.url(&[]).expect("there is a default");
    assert_eq!(std::fs::read_dir(home.path()).expect("the home is there").count(), 0);
}

#[test]
fn a_named_file_that_is_missing_matters_only_if_nothing_else_names_a_database() {
    let home = Home::with(None);
    let missing = ("AIRFLOW_CONFIG", "/no/such/airflow.cfg");
    let error = home.url(&[missing]).unwrap_err();
    assert_eq!(error.to_string(), "AIRFLOW_CONFIG names /no/such/airflow.cfg, which does not exist");
    let variable = ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////env.db");
    assert!(home.url(&[missing, variable]).is_ok());
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let home = Home::with(None);
    let error = home.url(&[("AIRFLOW_CONFIG", home.path())]).unwrap_err();
    assert!(matches!(error, ConfigError::Read { .. }), "{error:?}");
}

/// Passwords in every value that can be wrong.
#[test]
fn no_error_repeats_a_value() {
    let cases: [(_, &[_]); 9] = [
        (Some("[database]\nsql_alchemy_conn = u:hunter2%40@h\n"), &[]),
        (Some("[database]\nsql_alchemy_conn = u:%(hunter2)s@h\n"), &[]),
        (Some("[database]\nhunter2\n"), &[]),
        (Some("hunter2 = hunter2\n"), &[]),
        (Some("[hunter2]\n[hunter2]\n"), &[]),
        (Some("[database]\nsql_alchemy_conn_cmd = sh -c 'echo hunter2; echo hunter2 >&2; exit 1'\n"), &[]),
        (None, &[("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD", "postgresql://airflow:hunter2@db/meta")]),
        (None, &[("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD", "echo 'hunter2")]),
        (None, &[("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "${hunter2}"), ("hunter2", "x$hunter2")]),
    ];
    for (file, variables) in cases {
        let error = Home::with(file).url(variables).unwrap_err();
        let mut shown = format!("{error:?} {error} {}", error.hint());
        if let Some(source) = std::error::Error::source(&error) {
            shown += &source.to_string();
        }
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
