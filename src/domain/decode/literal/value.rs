//! The value of a Python literal, put together as `ast.literal_eval` does it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::float;
use super::integer::Integer;
use crate::domain::shape::python::{Atom, Builder, Container, Content, decode_string};

/// A value of Python's built-in types.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Ellipsis,
    Bool(bool),
    Integer(Integer),
    Float(f64),
    Complex(f64, f64),
    /// UTF-8, except that each surrogate stands there as three bytes.
    Text(Vec<u8>),
    Bytes(Vec<u8>),
    /// A tuple, a list, or a set in the order of first appearance: JSON has one form for them.
    Sequence(Vec<Value>),
    /// Keys stay where they first appeared, as the first of their equals; values are the last of them.
    Dictionary(Vec<(Value, Value)>),
}

/// What Python compares when it looks for a key or for a member of a set: numbers are equal whatever their types.
#[derive(PartialEq, Eq, Hash)]
enum Key<'v> {
    None,
    Ellipsis,
    Integer(Integer),
    Float(u64),
    Complex(u64, u64),
    Text(&'v [u8]),
    Bytes(&'v [u8]),
    Tuple(Vec<Key<'v>>),
    /// Nothing that can be hashed gets here.
    Other,
}

impl Value {
    fn key(&self) -> Key<'_> {
        match self {
            Self::None => Key::None,
            Self::Ellipsis => Key::Ellipsis,
            Self::Bool(bool) => Key::Integer(Integer::Small(i64::from(*bool))),
            Self::Integer(integer) => Key::Integer(integer.clone()),
            Self::Float(float) | Self::Complex(float, 0.0) => float_key(*float),
            Self::Complex(real, imaginary) => Key::Complex(bits(*real), bits(*imaginary)),
            Self::Text(text) => Key::Text(text),
            Self::Bytes(bytes) => Key::Bytes(bytes),
            Self::Sequence(members) => Key::Tuple(members.iter().map(Self::key).collect()),
            Self::Dictionary(_) => Key::Other,
        }
    }
}

fn float_key<'v>(float: f64) -> Key<'v> {
    Integer::from_float(float).map_or(Key::Float(bits(float)), Key::Integer)
}

/// Equal floats have equal bits once zero has no sign.
fn bits(float: f64) -> u64 {
    (float + 0.0).to_bits()
}

/// Where an equal key stood first, for each of some keys.
fn firsts<'v>(keys: impl Iterator<Item = &'v Value>) -> Vec<usize> {
    let mut seen = HashMap::new();
    let first = |(at, value): (usize, &'v Value)| match seen.entry(value.key()) {
        Entry::Occupied(first) => *first.get(),
        Entry::Vacant(place) => *place.insert(at),
    };
    keys.enumerate().map(first).collect()
}

/// The members of a set, each once.
fn set(members: Vec<Value>) -> Value {
    let firsts = firsts(members.iter());
    let first = |(at, member)| (firsts[at] == at).then_some(member);
    Value::Sequence(members.into_iter().enumerate().filter_map(first).collect())
}

/// The pairs of a dictionary, each key once.
fn dictionary(pairs: Vec<(Value, Value)>) -> Value {
    let firsts = firsts(pairs.iter().map(|(key, _)| key));
    // Where the pair of a first key went.
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut left: Vec<(Value, Value)> = Vec::with_capacity(pairs.len());
    for ((key, value), first) in pairs.into_iter().zip(firsts) {
        match places.entry(first) {
            Entry::Occupied(place) => left[*place.get()].1 = value,
            Entry::Vacant(place) => {
                place.insert(left.len());
                left.push((key, value));
            }
        }
    }
    Value::Dictionary(left)
}

/// Builds a value from what the recogniser tells.
#[derive(Default)]
pub(super) struct Building {
    values: Vec<Value>,
    /// Whether Python would have failed although the grammar is kept.
    failed: bool,
}

impl Building {
    /// The value of the whole text. `None` where Python raises an error while it puts the value together.
    pub fn finish(mut self) -> Option<Value> {
        let value = self.values.pop()?;
        (!self.failed && self.values.is_empty()).then_some(value)
    }

    fn push(&mut self, value: Option<Value>) {
        self.failed |= value.is_none();
        self.values.extend(value);
    }

    fn last(&mut self, members: usize) -> Vec<Value> {
        self.values.split_off(self.values.len().saturating_sub(members))
    }
}

impl Builder for Building {
    fn atom(&mut self, atom: Atom, written: &str) {
        let value = match atom {
            Atom::Real => real(written),
            Atom::Imaginary => Some(Value::Complex(0.0, float::parse(written.trim_end_matches(['j', 'J'])))),
            Atom::Text => decode_string(written).map(|content| match content {
                Content::Text(text) => Value::Text(text),
                Content::Bytes(bytes) => Value::Bytes(bytes),
            }),
            Atom::Constant => Some(match written {
                "True" => Value::Bool(true),
                "False" => Value::Bool(false),
                "None" => Value::None,
                _ => Value::Ellipsis,
            }),
        };
        self.push(value);
    }

    fn adjacent(&mut self, written: &str) {
        match (self.values.last_mut(), decode_string(written)) {
            (Some(Value::Text(text)), Some(Content::Text(more))) => text.extend(more),
            (Some(Value::Bytes(bytes)), Some(Content::Bytes(more))) => bytes.extend(more),
            _ => self.failed = true,
        }
    }

    fn sign(&mut self, minus: bool) {
        let Some(value) = self.values.pop() else { return };
        self.push(match value {
            value if !minus => Some(value),
            Value::Integer(integer) => Some(Value::Integer(integer.negate())),
            Value::Float(float) => Some(Value::Float(-float)),
            Value::Complex(real, imaginary) => Some(Value::Complex(-real, -imaginary)),
            _ => None,
        });
    }

    fn complex(&mut self, minus: bool) {
        let (imaginary, real) = (self.values.pop(), self.values.pop());
        let real = match real {
            Some(Value::Float(float)) => Some(float),
            // Python refuses to make a float of an integer that has no nearest one.
            Some(Value::Integer(integer)) => integer.to_float().filter(|float| float.is_finite()),
            _ => None,
        };
        self.push(match (real, imaginary) {
            (Some(real), Some(Value::Complex(_, imaginary))) => {
                Some(Value::Complex(real, if minus { -imaginary } else { imaginary }))
            }
            _ => None,
        });
    }

    fn container(&mut self, container: Container, members: usize) {
        let value = match container {
            Container::Tuple | Container::List => Value::Sequence(self.last(members)),
            Container::Set => set(self.last(members)),
            Container::Dictionary => {
                let mut flat = self.last(members * 2).into_iter();
                dictionary(std::iter::from_fn(|| flat.next().zip(flat.next())).collect())
            }
        };
        self.values.push(value);
    }
}

/// An integer or a float.
fn real(written: &str) -> Option<Value> {
    let lower = |byte: &u8| byte.to_ascii_lowercase();
    let based = written.as_bytes().get(1).map(lower).is_some_and(|letter| matches!(letter, b'x' | b'o' | b'b'));
    if !based && written.contains(['.', 'e', 'E']) {
        return Some(Value::Float(float::parse(written)));
    }
    Integer::parse(written).map(Value::Integer)
}
