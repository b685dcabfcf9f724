//! Reads `airflow.cfg` the way Python's `configparser` reads it.
//!
//! Airflow's file format is whatever `configparser` with its default settings accepts, and other INI readers differ
//! from it just where passwords are concerned: `%%` is one percent sign, a lone `%` is an error, `;` and `#` inside a
//! value belong to the value, and indented lines go on with the line above. Airflow changes one setting: the case of a
//! name counts.

use std::collections::{HashMap, HashSet};

use thiserror::Error;

/// The section whose values stand behind those of every other section.
const DEFAULTS: &str = "DEFAULT";

/// How deep values may refer to other values, `configparser.MAX_INTERPOLATION_DEPTH`.
const DEEPEST: usize = 10;

/// Why a file is not a configuration file. The line itself may hold a password, so it is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum SyntaxError {
    #[error("line {0} comes before the first [section]")]
    NoSection(usize),
    #[error("line {0} is neither a [section] nor `option = value`")]
    NotAnOption(usize),
    #[error("line {0} repeats a section")]
    RepeatedSection(usize),
    #[error("line {0} repeats an option")]
    RepeatedOption(usize),
}

/// Why a value cannot be read although the file can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum ValueError {
    #[error("it contains a `%` that is neither doubled nor part of `%(name)s`")]
    LonePercent,
    #[error("it refers to an option that is not there")]
    UnknownOption,
    #[error("its references to other options have no end")]
    TooDeep,
}

/// Sections of options, values as they stand in the file.
#[derive(Debug, Default)]
pub(super) struct IniFile(HashMap<String, HashMap<String, String>>);

impl IniFile {
    /// Reads a whole file. A single bad line spoils it, as in Python.
    pub(super) fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut reader = Reader::default();
        for (index, line) in text.split('\n').enumerate() {
            reader.line(index + 1, line)?;
        }
        let join = |lines: Vec<String>| lines.join("\n").trim_end().to_owned();
        let sections = reader.sections.into_iter().map(|(section, options)| {
            (section, options.into_iter().map(|(option, lines)| (option, join(lines))).collect())
        });
        Ok(IniFile(sections.collect()))
    }

    /// The value of an option with its references filled in, or `None` if the file does not have it.
    pub(super) fn get(&self, section: &str, option: &str) -> Result<Option<String>, ValueError> {
        let Some(value) = self.0.get(section).and_then(|_| self.raw(section, option)) else { return Ok(None) };
        let mut filled = String::new();
        self.fill_in(section, value, 1, &mut filled)?;
        Ok(Some(filled))
    }

    fn raw(&self, section: &str, option: &str) -> Option<&str> {
        let find = |section| self.0.get(section).and_then(|options| options.get(option));
        find(section).or_else(|| find(DEFAULTS)).map(String::as_str)
    }

    fn fill_in(&self, section: &str, value: &str, depth: usize, filled: &mut String) -> Result<(), ValueError> {
        if depth > DEEPEST {
            return Err(ValueError::TooDeep);
        }
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('%') {
            filled.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                filled.push('%');
                rest = after;
                continue;
            }
            let (name, after) = reference(after).ok_or(ValueError::LonePercent)?;
            let value = self.raw(section, name).ok_or(ValueError::UnknownOption)?;
            self.fill_in(section, value, depth + 1, filled)?;
            rest = after;
        }
        filled.push_str(rest);
        Ok(())
    }
}

/// The name in `(name)s`, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('(')?.split_once(')')?;
    Some((name, after.strip_prefix('s')?)).filter(|(name, _)| !name.is_empty())
}

/// Where a reader stands in the file.
#[derive(Default)]
struct Reader {
    sections: HashMap<String, HashMap<String, Vec<String>>>,
    section: Option<String>,
    option: Option<String>,
    seen: HashSet<(String, String)>,
    indent: usize,
}

impl Reader {
    fn line(&mut self, number: usize, line: &str) -> Result<(), SyntaxError> {
        let text = line.trim();
        if text.starts_with(['#', ';']) {
            return Ok(());
        }
        if text.is_empty() {
            self.go_on("");
            return Ok(());
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        if indent > self.indent && self.go_on(text) {
            return Ok(());
        }
        self.indent = indent;
        match text.strip_prefix('[').and_then(|text| text.rsplit_once(']')) {
            Some((section, _)) if !section.is_empty() => self.start_section(number, section),
            _ => self.start_option(number, text),
        }
    }

    /// Adds a line to the value that is being read, if one is.
    fn go_on(&mut self, text: &str) -> bool {
        let value = match (&self.section, &self.option) {
            (Some(section), Some(option)) => self.sections.get_mut(section).and_then(|s| s.get_mut(option)),
            _ => None,
        };
        value.map(|lines| lines.push(text.to_owned())).is_some()
    }

    fn start_section(&mut self, number: usize, section: &str) -> Result<(), SyntaxError> {
        if self.sections.contains_key(section) && section != DEFAULTS {
            return Err(SyntaxError::RepeatedSection(number));
        }
        self.sections.entry(section.to_owned()).or_default();
        self.section = Some(section.to_owned());
        self.option = None;
        Ok(())
    }

    fn start_option(&mut self, number: usize, text: &str) -> Result<(), SyntaxError> {
        let section = self.section.clone().ok_or(SyntaxError::NoSection(number))?;
        let (option, value) = text.split_once(['=', ':']).ok_or(SyntaxError::NotAnOption(number))?;
        let option = option.trim_end().to_owned();
        if option.is_empty() {
            return Err(SyntaxError::NotAnOption(number));
        }
        if !self.seen.insert((section.clone(), option.clone())) {
            return Err(SyntaxError::RepeatedOption(number));
        }
        self.option = Some(option.clone());
        self.sections.entry(section).or_default().insert(option, vec![value.trim().to_owned()]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Option<String>, ValueError> {
        IniFile::parse(text).expect("the file can be read").get("database", "url")
    }

    #[test]
    fn values_are_what_configparser_makes_of_them() {
        let cases = [
            ("[database]\nurl = a", "a"),
            ("[database]\nurl:a=b:c", "a=b:c"),
            ("[database]\r\nurl = a\r\n", "a"),
            ("# c\n; c\n\n[database]\n# c\nurl = a # b ; c", "a # b ; c"),
            ("[database] # c\nurl =\n", ""),
            ("[database]\nurl =\n  a\n  b\n", "\na\nb"),
            ("[database]\nurl = a\n\n  # c\n  b\n\nother = c", "a\n\nb"),
            ("  [database]\n  url = a\n  other = b", "a"),
            ("[database]\nurl = p%%40", "p%40"),
            ("[database]\nurl = %(user)s@%(host)s\nuser = me\n[DEFAULT]\nhost = db", "me@db"),
            ("[DEFAULT]\nurl = a\n[database]", "a"),
            ("[DEFAULT]\nx = 1\n[DEFAULT]\nurl = a\n[database]", "a"),
            ("[x]\nurl = b\n[database]\nurl = a", "a"),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text), Ok(Some(expected.to_owned())), "{text:?}");
        }
        for text in
            ["", "[database]", "[Database]\nurl = a", "[database]\nURL = a", "[DEFAULT]\nurl = a", "[core]\nurl = a"]
        {
            assert_eq!(value(text), Ok(None), "{text:?}");
        }
    }

    #[test]
    fn values_that_configparser_refuses_are_refused() {
        let cases = [
            ("url = p%40", ValueError::LonePercent),
            ("url = 100%", ValueError::LonePercent),
            ("url = %(open", ValueError::LonePercent),
            ("url = %()s", ValueError::LonePercent),
            ("url = %(nothing)s", ValueError::UnknownOption),
            ("url = %(url)s", ValueError::TooDeep),
        ];
        for (option, error) in cases {
            assert_eq!(value(&format!("[database]\n{option}")), Err(error), "{option}");
        }
    }

    #[test]
    fn files_that_configparser_refuses_are_refused_by_line() {
        let cases = [
            ("url = a", SyntaxError::NoSection(1)),
            ("\u{feff}[database]", SyntaxError::NoSection(1)),
            ("[database]\nurl", SyntaxError::NotAnOption(2)),
            ("[database]\n= a", SyntaxError::NotAnOption(2)),
            ("[database]\nurl = a\nurl = b", SyntaxError::RepeatedOption(3)),
            ("[database]\n\n[database]", SyntaxError::RepeatedSection(3)),
        ];
        for (text, error) in cases {
            assert_eq!(IniFile::parse(text).err(), Some(error), "{text:?}");
        }
    }
}
