//! The tables that hold state: which columns name a row, hold its value and tell whom it belongs to.
//!
//! Which tables are targets is found out by looking at the database; [`super::generations`] recognises Airflow's, and
//! [`super::own`] those that someone has declared. Identifiers in SQL come from targets and from nowhere else.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reader::Reader;
use super::repair::Capacity;

/// What a key or identity column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Integer,
    Text,
}

/// A column by its name in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub holds: ColumnType,
}

/// A table that holds state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub table: String,
    /// Which generation of Airflow's state tables this is; nothing where it is none of Airflow's.
    pub generation: Option<u8>,
    /// Who reads the values.
    pub reader: Reader,
    /// The columns that order the rows and tell them apart, as a unique index has them.
    pub key: Vec<Column>,
    /// The text column that should hold JSON.
    pub value: String,
    /// The longest text that this column holds, whatever the server can take in one statement.
    pub capacity: Capacity,
    /// The columns that tell a person which row this is.
    pub identity: Vec<Column>,
    /// How many columns at the front of `identity` name the list in which readers meet the row: the task instance
    /// or the asset. One unreadable row makes its whole list unreadable. None, where readers meet each row alone.
    pub list_columns: usize,
    /// The column in which writers leave the time of their write.
    pub written_at: Option<String>,
    /// The column that tells from when on Airflow may drop the row.
    pub expires_at: Option<String>,
    /// Columns that a database might change by itself when it updates a row, and must not.
    pub keep: Vec<String>,
}

/// What a key or identity column says of one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    Null,
    Integer(i64),
    Text(String),
}

impl Scalar {
    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Integer(_) | Self::Null => None,
        }
    }

    /// What it says, an integer in decimal digits.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Integer(integer) => Some(integer.to_string()),
            Self::Null => None,
        }
    }

    /// The integer, where it is one.
    pub const fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(integer) => Some(*integer),
            Self::Text(_) | Self::Null => None,
        }
    }
}

/// The primary key of one row, in the order of [`Target::key`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key(pub Vec<Scalar>);

/// What the identity columns say of one row, in the order of [`Target::identity`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Identity(pub Vec<Scalar>);

impl Target {
    /// Keeps a target for as long as the process lives, which is how everything from rows to reports refers to it. A
    /// process looks at a handful of databases at most, a handful of tables each, so there is nothing to give back.
    pub fn hold(self) -> &'static Self {
        Box::leak(Box::new(self))
    }

    /// Whether the table is none of Airflow's, but one that its owner has declared.
    pub const fn is_own(&self) -> bool {
        self.generation.is_none()
    }

    /// Whether rows may have no value at all, which are none to be judged. Airflow's columns are never null.
    pub const fn may_leave_out_rows(&self) -> bool {
        self.is_own()
    }

    /// The key as reports and the journal show it: `{column: value}`.
    pub fn key_object(&self, key: &Key) -> Map<String, Value> {
        named(&self.key, &key.0)
    }

    /// The key that [`Target::key_object`] made, or nothing where the object does not fit the key columns.
    pub fn key_from_object(&self, object: &Map<String, Value>) -> Option<Key> {
        let part = |column: &Column| match (column.holds, object.get(&column.name)?) {
            (ColumnType::Integer, Value::Number(number)) => number.as_i64().map(Scalar::Integer),
            (ColumnType::Text, Value::String(text)) => Some(Scalar::Text(text.clone())),
            _ => None,
        };
        self.key.iter().map(part).collect::<Option<Vec<_>>>().map(Key)
    }

    /// Whether a key has the columns of this table's. A table of the same name may have had another key once.
    pub fn fits(&self, key: &Key) -> bool {
        key.0.len() == self.key.len() && self.fits_beginning(key)
    }

    /// Whether these are the first columns of a key of this table's.
    pub fn fits_beginning(&self, key: &Key) -> bool {
        let fits = |(column, scalar): (&Column, &Scalar)| match scalar {
            Scalar::Integer(_) => column.holds == ColumnType::Integer,
            Scalar::Text(_) => column.holds == ColumnType::Text,
            Scalar::Null => false,
        };
        key.0.len() <= self.key.len() && self.key.iter().zip(&key.0).all(fits)
    }

    /// The identity as reports show it: `{column: value}`, columns without a value left out.
    pub fn identity_object(&self, identity: &Identity) -> Map<String, Value> {
        named(&self.identity, &identity.0)
    }

    /// What an identity says in a column that may not be there.
    pub fn part<'i>(&self, identity: &'i Identity, column: &str) -> Option<&'i Scalar> {
        let place = self.identity.iter().position(|part| part.name == column)?;
        identity.0.get(place)
    }

    /// The name under which tasks and assets know the value, where the table has one.
    pub fn name_of<'i>(&self, identity: &'i Identity) -> Option<&'i str> {
        self.part(identity, "key")?.as_text()
    }

    /// The columns that name the list in which readers meet a row; none where they meet each row alone.
    pub fn list_columns(&self) -> &[Column] {
        &self.identity[..self.list_columns]
    }

    /// What names the list in which readers meet the row, if they do.
    pub fn list<'i>(&self, identity: &'i Identity) -> Option<&'i [Scalar]> {
        (self.list_columns > 0).then(|| &identity.0[..self.list_columns])
    }
}

fn named(columns: &[Column], scalars: &[Scalar]) -> Map<String, Value> {
    let named = |(column, scalar): (&Column, &Scalar)| match scalar {
        Scalar::Null => None,
        Scalar::Integer(integer) => Some((column.name.clone(), Value::from(*integer))),
        Scalar::Text(text) => Some((column.name.clone(), Value::from(text.as_str()))),
    };
    columns.iter().zip(scalars).filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::super::generations::sample::{assets, targets, tasks};
    use super::*;

    #[test]
    fn a_key_survives_its_way_through_json() {
        for text in ["", "plain", "a/b \"c\"", "naïve 🦀\u{0}"] {
            let key = Key(vec![Scalar::Integer(7), Scalar::Text(text.to_owned())]);
            assert_eq!(assets().key_from_object(&assets().key_object(&key)), Some(key));
        }
    }

    #[test]
    fn a_key_of_four_columns_keeps_their_order() {
        let [tasks, _] = targets(1);
        let text = |text: &str| Scalar::Text(text.to_owned());
        let key = Key(vec![Scalar::Integer(3), text("load"), Scalar::Integer(-1), text("cursor")]);
        let object = tasks.key_object(&key);
        assert_eq!(tasks.key_from_object(&object).as_ref(), Some(&key));
        assert_eq!(targets(2)[0].key_from_object(&object), None, "the next generation has another key");
        assert!(tasks.fits(&key) && !targets(2)[0].fits(&key));
        let beginning = Key(key.0[..2].to_vec());
        assert!(tasks.fits_beginning(&beginning) && !tasks.fits(&beginning));
        assert!(!assets().fits_beginning(&Key(key.0[1..].to_vec())));
    }

    #[test]
    fn an_object_that_does_not_fit_the_key_columns_is_no_key() {
        for json in [r"{}", r#"{"id": "7"}"#, r#"{"id": 1.5}"#, r#"{"key": 7}"#] {
            let Ok(Value::Object(object)) = serde_json::from_str(json) else { panic!("{json} is an object") };
            assert_eq!(tasks().key_from_object(&object), None, "{json}");
        }
    }
}
