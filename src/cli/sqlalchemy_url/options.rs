//! The options after the `?` of a database URL: taken by name, and what nobody took is named in a warning.

use percent_encoding::percent_decode_str;

use super::{UrlError, some};

/// Options in the order of the URL. Each dialect takes those it understands; the rest is reported by name only,
/// because the value of an option that nobody knows may be a secret.
pub(super) struct Options(Vec<(String, String)>);

impl Options {
    /// Takes a query apart like Python's `parse_qsl`: `+` is a space here, and an option without a value is as good
    /// as absent.
    pub(super) fn split(query: &str) -> Self {
        let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Options(pairs.filter_map(|(name, value)| Some((decode(name), some(decode(value))?))).collect())
    }

    /// Takes the value of an option.
    pub(super) fn take(&mut self, option: &'static str) -> Result<Option<String>, UrlError> {
        let mut values = self.0.extract_if(.., |(name, _)| name == option).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(UrlError::Repeated(option)),
        }
    }

    /// Takes an option that drivers spell in several ways. The first spelling in the list wins.
    pub(super) fn take_any(&mut self, spellings: &[&'static str]) -> Result<Option<String>, UrlError> {
        let mut found = None;
        for option in spellings {
            let value = self.take(option)?;
            found = found.or(value);
        }
        Ok(found)
    }

    /// Takes an option that is on or off, in SQLAlchemy's words for it.
    pub(super) fn flag(&mut self, option: &'static str) -> Result<Option<bool>, UrlError> {
        let Some(value) = self.take(option)? else { return Ok(None) };
        match value.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "t" | "1" => Ok(Some(true)),
            "false" | "no" | "off" | "n" | "f" | "0" => Ok(Some(false)),
            _ => Err(UrlError::Value { option, accepted: "true or false" }),
        }
    }

    /// Drops options that make no difference to what statemend does, so that nobody is warned about them.
    pub(super) fn forget(&mut self, harmless: &[&str]) {
        self.0.retain(|(name, _)| !harmless.contains(&name.as_str()));
    }

    /// Refuses options that would change which database is meant.
    pub(super) fn refuse(&self, options: &[&'static str], instead: &'static str) -> Result<(), UrlError> {
        match options.iter().find(|option| self.0.iter().any(|(name, _)| name == **option)) {
            Some(option) => Err(UrlError::Unsupported { option, instead }),
            None => Ok(()),
        }
    }

    /// The names of the options that are left, fit for a terminal.
    pub(super) fn into_names(self) -> impl Iterator<Item = String> {
        self.0.into_iter().map(|(name, _)| name.escape_debug().to_string())
    }
}
