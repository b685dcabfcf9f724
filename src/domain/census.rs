//! A census of the values: which JSON types each key holds, and when. It shows what validity alone cannot, such as the
//! strings of earlier builds that happen to parse.

use std::collections::BTreeMap;

use serde::Serialize;

use super::finding::Severity;

/// What a stored text is, to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonType {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
    /// Some reader fails on it.
    Unreadable,
}

impl JsonType {
    /// The type of a text of which the judge found something so bad. The first character that is not white space tells.
    pub fn of(text: &[u8], severity: Option<Severity>) -> Self {
        if severity == Some(Severity::Error) {
            return Self::Unreadable;
        }
        match text.iter().find(|byte| !b" \t\n\r".contains(byte)) {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'"') => Self::String,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'n') => Self::Null,
            // `NaN`, `Infinity` and `-Infinity` are Python's numbers.
            _ => Self::Number,
        }
    }

    /// The name that reports use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Null => "null",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One value, as the census sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The name of the key that holds the value.
    pub key: String,
    pub holds: JsonType,
    /// When it was written, in microseconds since 1970.
    pub moment: Option<i64>,
}

/// How often a type was seen, and from when to when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub rows: u64,
    /// Microseconds since 1970; nothing where no row tells its time.
    pub first: Option<i64>,
    pub last: Option<i64>,
}

impl Seen {
    fn add(&mut self, moment: Option<i64>) {
        self.rows += 1;
        if let Some(moment) = moment {
            self.first = Some(self.first.map_or(moment, |first| first.min(moment)));
            self.last = Some(self.last.map_or(moment, |last| last.max(moment)));
        }
    }
}

/// The types that one key holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyTypes(BTreeMap<JsonType, Seen>);

/// A moment at which a key began to hold strings, and held none before: all of its rows that read as something else
/// are older than all of its strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The last row that is not a string was written then, in microseconds since 1970.
    pub after: i64,
    /// The first string was written then.
    pub until: i64,
}

impl KeyTypes {
    /// The types and how often they were seen.
    pub fn types(&self) -> impl Iterator<Item = (JsonType, Seen)> {
        self.0.iter().map(|(holds, seen)| (*holds, *seen))
    }

    pub fn rows(&self) -> u64 {
        self.0.values().map(|seen| seen.rows).sum()
    }

    /// Whether readers get values of several types. `null` goes with every type.
    pub fn is_mixed(&self) -> bool {
        let types = self.0.keys().filter(|holds| !matches!(holds, JsonType::Null | JsonType::Unreadable));
        types.count() > 1
    }

    /// When the key began to hold strings, where its rows show a clean cut.
    pub fn change(&self) -> Option<Change> {
        let until = self.0.get(&JsonType::String)?.first?;
        let others = self.0.iter().filter(|(holds, _)| !matches!(holds, JsonType::String | JsonType::Null));
        let after = others.filter_map(|(_, seen)| seen.last).max()?;
        (after < until).then_some(Change { after, until })
    }
}

/// The census of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    keys: BTreeMap<String, KeyTypes>,
    /// Rows of keys that there was no room for.
    others: u64,
}

impl Census {
    /// How many keys are told apart, so that memory does not grow with the table.
    pub const MOST_KEYS: usize = 10_000;

    pub fn add(&mut self, sighting: &Sighting) {
        if !self.keys.contains_key(&sighting.key) {
            if self.keys.len() >= Self::MOST_KEYS {
                self.others += 1;
                return;
            }
            self.keys.insert(sighting.key.clone(), KeyTypes::default());
        }
        if let Some(types) = self.keys.get_mut(&sighting.key) {
            types.0.entry(sighting.holds).or_default().add(sighting.moment);
        }
    }

    /// The keys in the order of their names.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &KeyTypes)> {
        self.keys.iter().map(|(key, types)| (key.as_str(), types))
    }

    /// Rows of keys that there was no room for.
    pub const fn others(&self) -> u64 {
        self.others
    }

    /// The moment at which the deployment moved to JSON, where the rows show one: every key that changed to strings
    /// did so round one moment, and nothing unreadable was written from then on. Rows written before it were strings
    /// by contract.
    pub fn legacy_before(censuses: &[&Self]) -> Option<i64> {
        let keys = || censuses.iter().flat_map(|census| census.keys.values());
        let changes: Vec<Change> = keys().filter_map(KeyTypes::change).collect();
        let until = changes.iter().map(|change| change.until).min()?;
        let unreadable = keys().filter_map(|types| types.0.get(&JsonType::Unreadable)?.last);
        let after = changes.iter().map(|change| change.after).chain(unreadable).max()?;
        (after < until).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(rows: &[(&str, JsonType, i64)]) -> Census {
        let mut census = Census::default();
        for &(key, holds, moment) in rows {
            census.add(&Sighting { key: key.to_owned(), holds, moment: Some(moment) });
        }
        census
    }

    fn types_of<'c>(census: &'c Census, key: &str) -> &'c KeyTypes {
        census.keys().find(|(name, _)| *name == key).expect("the key was seen").1
    }

    #[test]
    fn a_text_has_the_type_that_a_reader_gets() {
        let (warning, error) = (Some(Severity::Warning), Some(Severity::Error));
        let cases: [(&str, Option<Severity>, JsonType); 9] = [
            (" {\"a\": 1}", None, JsonType::Object),
            ("[]", None, JsonType::Array),
            ("\"x\"", warning, JsonType::String),
            ("-1.5e3", None, JsonType::Number),
            ("NaN", warning, JsonType::Number),
            ("true", None, JsonType::Boolean),
            ("null", warning, JsonType::Null),
            ("true story", error, JsonType::Unreadable),
            ("", error, JsonType::Unreadable),
        ];
        for (text, severity, expected) in cases {
            assert_eq!(JsonType::of(text.as_bytes(), severity), expected, "{text}");
        }
    }

    #[test]
    fn a_key_that_holds_several_types_is_mixed_but_null_goes_with_all() {
        let census = census(&[
            ("count", JsonType::Number, 1),
            ("count", JsonType::String, 2),
            ("cursor", JsonType::Object, 1),
            ("cursor", JsonType::Null, 2),
            ("status", JsonType::String, 1),
            ("status", JsonType::Unreadable, 1),
        ]);
        assert!(types_of(&census, "count").is_mixed());
        assert!(!types_of(&census, "cursor").is_mixed());
        assert!(!types_of(&census, "status").is_mixed());
    }

    #[test]
    fn a_clean_cut_between_other_types_and_strings_is_a_change() {
        use JsonType::{Number, String};
        let cases: [(&[(&str, JsonType, i64)], Option<Change>); 4] = [
            (&[("k", Number, 5), ("k", Number, 9), ("k", String, 12)], Some(Change { after: 9, until: 12 })),
            (&[("k", Number, 5), ("k", Number, 13), ("k", String, 12)], None),
            (&[("k", String, 5), ("k", Number, 9)], None),
            (&[("k", String, 5)], None),
        ];
        for (rows, expected) in cases {
            assert_eq!(types_of(&census(rows), "k").change(), expected, "{rows:?}");
        }
    }

    #[test]
    fn the_moment_of_the_move_is_told_only_where_all_keys_agree() {
        use JsonType::{Number, Object, String, Unreadable};
        let moved = census(&[("a", Number, 5), ("a", String, 12), ("b", Object, 8), ("b", String, 20)]);
        assert_eq!(Census::legacy_before(&[&moved]), Some(12));
        let raw = census(&[("c", Unreadable, 10)]);
        assert_eq!(Census::legacy_before(&[&moved, &raw]), Some(12));
        let raw_afterwards = census(&[("c", Unreadable, 30)]);
        assert_eq!(Census::legacy_before(&[&moved, &raw_afterwards]), None);
        let at_another_time = census(&[("d", Number, 15), ("d", String, 16)]);
        assert_eq!(Census::legacy_before(&[&moved, &at_another_time]), None);
        assert_eq!(Census::legacy_before(&[&census(&[("e", Number, 1)])]), None);
    }

    #[test]
    fn keys_beyond_the_limit_are_counted_together() {
        let mut census = Census::default();
        for number in 0..Census::MOST_KEYS + 3 {
            census.add(&Sighting { key: format!("{number}"), holds: JsonType::Number, moment: None });
        }
        assert_eq!((census.keys().count(), census.others()), (Census::MOST_KEYS, 3));
    }
}
