//! Finds the schemas in PostgreSQL's `options`, the command-line switches that a client sends to the server.
//!
//! The server splits the switches at spaces and the path at commas; both rules are PostgreSQL's own (`pg_split_opts`
//! and `SplitIdentifierString`), so that the schemas are those Airflow's session would have had.

use super::UrlError;

/// The schemas of the last `search_path` among the switches, and the names of the settings that are not used.
pub(super) fn from_switches(switches: &str) -> Result<(Vec<String>, Vec<String>), UrlError> {
    let mut schemas = Vec::new();
    let mut ignored = Vec::new();
    for (setting, value) in settings(&split_switches(switches)) {
        if setting == "search_path" {
            schemas = split_path(&value)?;
        } else {
            ignored.push(format!("options: {setting}"));
        }
    }
    Ok((schemas, ignored))
}

/// Splits at white space; a backslash keeps the next character.
fn split_switches(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => word.get_or_insert_default().extend(characters.next()),
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// `-c name=value`, `-cname=value` and `--name=value`, as pairs. A dash in a name stands for an underscore, and case
/// does not count. Any other switch comes out as a name of its own, so that it can be reported.
fn settings(words: &[String]) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let assignment = match word.strip_prefix("-c").or_else(|| word.strip_prefix("--")) {
            Some("") => words.next().map_or("", String::as_str),
            Some(assignment) => assignment,
            None => word,
        };
        let (name, value) = assignment.split_once('=').unwrap_or((assignment, ""));
        pairs.push((name.replace('-', "_").to_ascii_lowercase(), value.to_owned()));
    }
    pairs
}

/// Names between commas: folded to lower case, unless in double quotes, where a doubled quote is one. `""` is how the
/// server's own tools write an empty path.
fn split_path(path: &str) -> Result<Vec<String>, UrlError> {
    let mut names = Vec::new();
    let mut rest = path.trim();
    while !rest.is_empty() {
        let (name, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_name(quoted)?,
            None => bare_name(rest)?,
        };
        names.push(name);
        rest = match after.trim_start().strip_prefix(',').map(str::trim_start) {
            Some("") => return Err(UrlError::SearchPath),
            Some(next) => next,
            None if after.trim_start().is_empty() => break,
            None => return Err(UrlError::SearchPath),
        };
    }
    names.retain(|name| !name.is_empty());
    Ok(names)
}

fn quoted_name(text: &str) -> Result<(String, &str), UrlError> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"').ok_or(UrlError::SearchPath)?;
        name.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return Ok((name, after)),
        }
    }
}

fn bare_name(text: &str) -> Result<(String, &str), UrlError> {
    let (name, after) = text.split_at(text.find(|c: char| c == ',' || c.is_ascii_whitespace()).unwrap_or(text.len()));
    if name.is_empty() { Err(UrlError::SearchPath) } else { Ok((name.to_ascii_lowercase(), after)) }
}
