//! What may stand behind the names of a rule's fields.

use std::ops::Range;
use std::time::{SystemTime, UNIX_EPOCH};

use toml::de::DeValue;

use super::mistake::Mistake;
use super::walk::{Value, Walk};
use crate::cli::args::values;
use crate::domain::finding::{Action, Kind, Severity};
use crate::domain::rules::{Glob, Globs, Kinds, Moment, Pattern};
use crate::report::wording::list;

impl Walk {
    pub(super) fn action(&mut self, value: &Value<'_>) -> Option<Action> {
        let Some(name) = value.get_ref().as_str() else {
            return self.wrong(value.span(), "an action is a text");
        };
        let unknown = || unknown(value.span(), "there is no action", name, &actions());
        Action::from_name(name).or_else(|| self.note(unknown()))
    }

    pub(super) fn kinds(&mut self, value: &Value<'_>) -> Option<Kinds> {
        let read = |word: &str, span| kinds(word).ok_or_else(|| unknown(span, "there is no kind", word, &kind_words()));
        self.each("kind", value, read).map(|sets| sets.into_iter().fold(Kinds::NONE, Kinds::and))
    }

    pub(super) fn globs(&mut self, field: &str, value: &Value<'_>) -> Option<Globs> {
        let read = |word: &str, span| Glob::new(word).map_err(|error| Mistake::new(span, error.to_string()));
        self.each(field, value, read).map(Globs::new)
    }

    pub(super) fn pattern(&mut self, value: &Value<'_>) -> Option<Pattern> {
        let Some(text) = value.get_ref().as_str() else {
            return self.wrong(value.span(), "`text` is a regular expression, as a text");
        };
        let pattern = Pattern::new(text).map_err(|error| format!("not a regular expression: {error}"));
        pattern.map_or_else(|what| self.wrong(value.span(), what), Some)
    }

    /// A time as TOML has them, or as a text.
    pub(super) fn moment(&mut self, value: &Value<'_>) -> Option<Moment> {
        let time = match value.get_ref() {
            DeValue::Datetime(time) => values::moment(&time.to_string()),
            DeValue::String(text) => values::moment(text),
            _ => values::moment(""),
        };
        match time {
            Ok(time) => micros(time),
            Err(what) => self.wrong(value.span(), what),
        }
    }

    /// What a function makes of a text, or of each text in a list. All that it cannot take are told.
    fn each<T>(
        &mut self,
        field: &str,
        value: &Value<'_>,
        read: impl Fn(&str, Range<usize>) -> Result<T, Mistake>,
    ) -> Option<Vec<T>> {
        let items: Vec<_> = match value.get_ref().as_array() {
            Some(list) if list.is_empty() => {
                return self.wrong(value.span(), format!("an empty list takes no row; without `{field}` any will do"));
            }
            Some(list) => list.iter().collect(),
            None => vec![value],
        };
        let read = |item: &Value<'_>| match item.get_ref() {
            DeValue::String(text) => read(text, item.span()),
            // An asset is named by its id, which nobody should have to quote.
            DeValue::Integer(id) if field == "asset" => read(id.as_str(), item.span()),
            _ => Err(Mistake::new(item.span(), format!("`{field}` is a text or a list of texts"))),
        };
        let read = items.into_iter().map(|item| read(item).map_or_else(|mistake| self.note(mistake), Some));
        // All of them are read before the first mistake is allowed to end it.
        read.collect::<Vec<_>>().into_iter().collect()
    }
}

/// A moment in microseconds. What is more precise is rounded up, so that it parts the same rows.
fn micros(time: SystemTime) -> Option<Moment> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_nanos().div_ceil(1_000)).ok().map(Moment)
}

fn kinds(word: &str) -> Option<Kinds> {
    let kind = Kind::ALL.iter().find(|kind| kind.name() == word).map(|kind| Kinds::from(*kind));
    let severity = || Severity::ALL.into_iter().find(|severity| severity.name() == word).map(Kinds::of);
    kind.or_else(severity).or_else(|| (word == Kinds::READABLE_NAME).then_some(Kinds::READABLE))
}

fn kind_words() -> Vec<&'static str> {
    let kinds = Kind::ALL.iter().map(|kind| kind.name());
    kinds.chain(Severity::ALL.map(Severity::name)).chain([Kinds::READABLE_NAME]).collect()
}

/// The names of all actions.
pub(super) fn actions() -> Vec<&'static str> {
    Action::ALL.iter().map(|action| action.name()).collect()
}

/// All that there is to choose from.
pub(super) fn known(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    format!("known are {}", list(&names))
}

/// Says that a name is not known, and which one may be meant.
pub(super) fn unknown(span: Range<usize>, what: &str, name: &str, names: &[&str]) -> Mistake {
    let near = names.iter().map(|known| (strsim::damerau_levenshtein(name, known), known));
    // With more than a third of it wrong, another name may be meant, or none.
    let near = near.min().filter(|(distance, known)| *distance <= (known.len() / 3).max(1));
    let meant = near.map(|(_, known)| format!("; did you mean `{known}`?")).unwrap_or_default();
    let name: String = name.chars().take(40).collect();
    Mistake { known: Some(known(names)), ..Mistake::new(span, format!("{what} `{name}`{meant}")) }
}
