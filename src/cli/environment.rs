//! The environment variables, as data.
//!
//! Where a database is configured depends on a dozen variables. They are collected once, so that everything below is
//! a function of its inputs and a test is a row in a table.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// How often a value may refer to variables that refer to variables. Python goes on for ever where two of them refer
/// to each other.
const DEEPEST: usize = 100;

/// Environment variables by name.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The variables of this process. Where `HOME` is missing, the home directory of the user stands in for it.
    pub fn of_process() -> Self {
        let mut variables: BTreeMap<_, _> = std::env::vars_os().collect();
        if let Some(home) = std::env::home_dir() {
            variables.entry("HOME".into()).or_insert(home.into());
        }
        Environment(variables)
    }

    /// The value of a variable; bytes that are not UTF-8 become U+FFFD.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(OsStr::new(name)).map(|value| value.to_string_lossy().into_owned())
    }

    /// All variables, for a process to start.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// Fills in `$NAME`, `${NAME}` and a leading `~`, again and again until nothing changes, as Airflow's
    /// `expand_env_var` does. Unknown variables and `~user` stay as they are. `None` if there is no end to it.
    pub fn expand(&self, text: &str) -> Option<String> {
        let mut text = text.to_owned();
        for _ in 0..DEEPEST {
            let expanded = self.expand_home(self.expand_variables(&text));
            if expanded == text {
                return Some(text);
            }
            text = expanded;
        }
        None
    }

    fn expand_variables(&self, text: &str) -> String {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            let (before, reference) = rest.split_at(dollar);
            expanded.push_str(before);
            let (written, name) = variable(reference);
            match name.and_then(|name| self.get(name)) {
                Some(value) => expanded.push_str(&value),
                None => expanded.push_str(written),
            }
            rest = &reference[written.len()..];
        }
        expanded + rest
    }

    fn expand_home(&self, text: String) -> String {
        match (text.strip_prefix('~'), self.get("HOME")) {
            (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                let path = format!("{}{rest}", home.trim_end_matches('/'));
                if path.is_empty() { "/".to_owned() } else { path }
            }
            _ => text,
        }
    }
}

/// What stands at the start of `text`, which is a dollar sign: the reference as written, and the name in it.
fn variable(text: &str) -> (&str, Option<&str>) {
    let inner = &text[1..];
    if let Some((name, _)) = inner.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        return (&text[..name.len() + 3], Some(name));
    }
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
    (&text[..=end], Some(&inner[..end]).filter(|name| !name.is_empty()))
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Environment(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_expand_like_python_expands_them() {
        let environment = Environment::from_iter([
            ("HOME", "/home/airflow/"),
            ("DIR", "/srv"),
            ("OUTER", "$DIR/${INNER}"),
            ("INNER", "inner"),
            ("ÜBER", "never"),
        ]);
        let cases = [
            ("plain", "plain"),
            ("$DIR/x", "/srv/x"),
            ("${DIR}x", "/srvx"),
            ("$DIRx $UNKNOWN ${UNKNOWN} $ $$ ${open", "$DIRx $UNKNOWN ${UNKNOWN} $ $$ ${open"),
            ("$$DIR", "$/srv"),
            ("$OUTER", "/srv/inner"),
            ("$ÜBER ${}", "$ÜBER ${}"),
            ("~", "/home/airflow"),
            ("~/x", "/home/airflow/x"),
            ("~root/x", "~root/x"),
            ("x~/y", "x~/y"),
        ];
        for (text, expanded) in cases {
            assert_eq!(environment.expand(text).as_deref(), Some(expanded), "{text}");
        }
    }

    #[test]
    fn variables_that_refer_to_each_other_have_no_value() {
        let environment = Environment::from_iter([("A", "$B"), ("B", "x$A")]);
        assert_eq!(environment.expand("$A"), None);
    }
}
