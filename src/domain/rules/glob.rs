//! Globs on names: `*` is any characters, `?` is one, and a backslash takes the meaning from the character behind it.
//!
//! Names are matched as a whole and by characters, with upper and lower case apart; no character is special to `*`,
//! because keys and names are no paths. The usual crates are made for paths, and none of them says whether one glob
//! takes everything that another one takes. Here that is the same question as whether it takes a name, asked about
//! the parts of the other glob, so that one short function answers both.

use std::fmt;

/// A pattern for names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Glob(Vec<Part>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// This character.
    Is(char),
    /// One character, `?`.
    One,
    /// Any number of characters, `*`.
    Any,
}

/// Why a text is no glob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoGlob {
    #[error("`{0}` means nothing in a glob: name alternatives as a list, or write `\\{0}` for the character itself")]
    Bracket(char),
    #[error("a backslash takes the meaning from the character behind it, and there is none")]
    Backslash,
}

/// The characters that stand for themselves only behind a backslash.
const SPECIAL: [char; 5] = ['*', '?', '\\', '[', '{'];

impl Glob {
    /// Reads a glob.
    ///
    /// # Errors
    /// Brackets, because people who write them mean something by them; and half an escape.
    pub fn new(glob: &str) -> Result<Self, NoGlob> {
        let (mut parts, mut rest) = (Vec::new(), glob.chars());
        while let Some(c) = rest.next() {
            let part = match c {
                '*' => Part::Any,
                '?' => Part::One,
                '\\' => Part::Is(rest.next().ok_or(NoGlob::Backslash)?),
                '[' | '{' => return Err(NoGlob::Bracket(c)),
                _ => Part::Is(c),
            };
            if part != Part::Any || parts.last() != Some(&Part::Any) {
                parts.push(part);
            }
        }
        Ok(Self(parts))
    }

    /// Whether the glob takes a name.
    pub fn takes(&self, name: &str) -> bool {
        self.takes_parts(name.chars().map(Part::Is))
    }

    /// Whether the glob surely takes every name that the other one takes.
    pub fn covers(&self, other: &Self) -> bool {
        self.takes_parts(other.0.iter().copied())
    }

    /// Goes through the parts once, and back to behind the last `*` where one does not fit: what a `*` has taken
    /// before another one never needs to be taken back.
    fn takes_parts(&self, parts: impl Iterator<Item = Part> + Clone) -> bool {
        let (mut rest, mut at) = (parts, 0);
        let mut retry = None;
        loop {
            if self.0.get(at) == Some(&Part::Any) {
                at += 1;
                retry = Some((rest.clone(), at));
                continue;
            }
            let fits = match rest.next() {
                None if at == self.0.len() => return true,
                None => return false,
                Some(part) => self.0.get(at).is_some_and(|own| own.takes_part(part)),
            };
            if fits {
                at += 1;
            } else if let Some((behind, next)) = &mut retry {
                behind.next();
                (rest, at) = (behind.clone(), *next);
            } else {
                return false;
            }
        }
    }
}

impl Part {
    /// Whether this part takes what the other one takes, each of them one character.
    fn takes_part(self, part: Self) -> bool {
        self == part || (self == Self::One && part != Self::Any)
    }
}

impl fmt::Display for Glob {
    /// The shortest glob that takes the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Any => f.write_str("*"),
            Part::One => f.write_str("?"),
            Part::Is(c) if SPECIAL.contains(c) => write!(f, "\\{c}"),
            Part::Is(c) => write!(f, "{c}"),
        })
    }
}

/// Alternatives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Globs(Vec<Glob>);

impl Globs {
    /// Puts alternatives into an order, so that two lists of the same globs are equal. Without any, nothing is taken.
    pub fn new(mut globs: Vec<Glob>) -> Self {
        globs.sort();
        globs.dedup();
        Self(globs)
    }

    /// Whether some glob takes a name.
    pub fn take(&self, name: &str) -> bool {
        self.0.iter().any(|glob| glob.takes(name))
    }

    /// Whether these surely take every name that the others take.
    pub fn cover(&self, others: &Self) -> bool {
        others.0.iter().all(|other| self.0.iter().any(|glob| glob.covers(other)))
    }

    /// The alternatives as they would be written.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(Glob::to_string)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn glob(text: &str) -> Glob {
        Glob::new(text).unwrap()
    }

    #[test]
    fn a_glob_takes_whole_names() {
        let cases: &[(&str, &str, bool)] = &[
            ("sales", "sales", true),
            ("sales", "sales_eu", false),
            ("sales", "Sales", false),
            ("sales_*", "sales_", true),
            ("sales_*", "sales_eu/2\n3", true),
            ("*_eu", "sales_eu_eu", true),
            ("*a*b", "xaxbxaxb", true),
            ("*a*b", "xaxbx", false),
            ("?", "é", true),
            ("?", "", false),
            ("", "", true),
            ("", "a", false),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            (r"\[0]", "[0]", true),
            (r"\\", r"\", true),
        ];
        for (pattern, name, takes) in cases {
            assert_eq!(glob(pattern).takes(name), *takes, "{pattern} {name:?}");
        }
    }

    #[test]
    fn a_glob_covers_what_it_surely_takes() {
        let cases: &[(&str, &str, bool)] = &[
            ("sales_*", "sales_eu", true),
            ("sales_*", "sales_eu_*", true),
            ("sales_*", "sales_??", true),
            ("sales_eu_*", "sales_*", false),
            ("a?", "a*", false),
            ("a?", "a?", true),
            ("a*", "a", true),
            ("*", "", true),
            ("*b*", "ab?", true),
            ("?*", "*?", false),
        ];
        for (pattern, other, covers) in cases {
            assert_eq!(glob(pattern).covers(&glob(other)), *covers, "{pattern} {other}");
        }
    }

    #[test]
    fn brackets_and_half_escapes_are_refused() {
        let cases = [("[ab]", NoGlob::Bracket('[')), ("{a,b}", NoGlob::Bracket('{')), ("a\\", NoGlob::Backslash)];
        for (pattern, expected) in cases {
            assert_eq!(Glob::new(pattern), Err(expected));
        }
    }

    #[test]
    fn a_glob_is_shown_as_it_could_be_written() {
        for (pattern, shown) in [("a**b", "a*b"), (r"\a\*", r"a\*"), (r"\[\]\{?", r"\[]\{?")] {
            assert_eq!(glob(pattern).to_string(), shown);
            assert_eq!(glob(shown), glob(pattern));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_glob_takes_what_the_regular_expression_takes(pattern in "[ab*?]{0,6}", name in "[ab]{0,6}") {
            let expression = pattern.replace('*', ".*").replace('?', ".");
            let expression = regex::Regex::new(&format!("^{expression}$")).unwrap();
            prop_assert_eq!(glob(&pattern).takes(&name), expression.is_match(&name));
        }

        #[test]
        fn what_is_covered_is_taken(pattern in "[ab*?]{0,4}", other in "[ab*?]{0,4}", name in "[ab]{0,5}") {
            let (pattern, other) = (glob(&pattern), glob(&other));
            if pattern.covers(&other) && other.takes(&name) {
                prop_assert!(pattern.takes(&name));
            }
        }
    }
}
