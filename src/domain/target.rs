//! The tables that hold state: which columns name a row, hold its value and tell whom it belongs to.
//!
//! Identifiers in SQL come from here and from nowhere else.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a key or identity column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Integer,
    Text,
}

/// A column by its name in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub holds: ColumnType,
}

const fn integer(name: &'static str) -> Column {
    Column { name, holds: ColumnType::Integer }
}

const fn text(name: &'static str) -> Column {
    Column { name, holds: ColumnType::Text }
}

/// A table that holds state.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    pub table: &'static str,
    /// Which generation of Airflow's state tables this is; 4 is the released one.
    pub generation: u8,
    /// The columns of the primary key, in its order.
    pub key: &'static [Column],
    /// The text column that should hold JSON.
    pub value: &'static str,
    /// The columns that tell a person which row this is.
    pub identity: &'static [Column],
    /// How many columns at the front of `identity` name the list in which readers meet the row: the task instance
    /// or the asset. One unreadable row makes its whole list unreadable.
    pub list_columns: usize,
    /// The column in which writers leave the time of their write.
    pub written_at: Option<&'static str>,
    /// Columns that a database might change by itself when it updates a row, and must not.
    pub keep: &'static [&'static str],
}

/// The state tables of the released builds, 3.3.0 to 3.3.2, in the order in which they are worked on.
pub const RELEASED: &[Target] = &[
    Target {
        table: "task_state_store",
        generation: 4,
        key: &[integer("id")],
        value: "value",
        identity: &[text("dag_id"), text("run_id"), text("task_id"), integer("map_index"), text("key")],
        list_columns: 4,
        written_at: Some("updated_at"),
        keep: &["updated_at", "expires_at"],
    },
    Target {
        table: "asset_state_store",
        generation: 4,
        key: &[integer("asset_id"), text("key")],
        value: "value",
        identity: &[
            integer("asset_id"),
            text("key"),
            text("last_updated_by_kind"),
            text("last_updated_by_dag_id"),
            text("last_updated_by_run_id"),
            text("last_updated_by_task_id"),
            integer("last_updated_by_map_index"),
        ],
        list_columns: 1,
        written_at: Some("updated_at"),
        keep: &["updated_at"],
    },
];

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
    /// The key as reports and the journal show it: `{column: value}`.
    pub fn key_object(&self, key: &Key) -> Map<String, Value> {
        named(self.key, &key.0)
    }

    /// The key that [`Target::key_object`] made, or nothing where the object does not fit the key columns.
    pub fn key_from_object(&self, object: &Map<String, Value>) -> Option<Key> {
        let part = |column: &Column| match (column.holds, object.get(column.name)?) {
            (ColumnType::Integer, Value::Number(number)) => number.as_i64().map(Scalar::Integer),
            (ColumnType::Text, Value::String(text)) => Some(Scalar::Text(text.clone())),
            _ => None,
        };
        self.key.iter().map(part).collect::<Option<Vec<_>>>().map(Key)
    }

    /// The identity as reports show it: `{column: value}`, columns without a value left out.
    pub fn identity_object(&self, identity: &Identity) -> Map<String, Value> {
        named(self.identity, &identity.0)
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

    /// What names the list in which readers meet the row.
    pub fn list<'i>(&self, identity: &'i Identity) -> &'i [Scalar] {
        &identity.0[..self.list_columns]
    }
}

fn named(columns: &[Column], scalars: &[Scalar]) -> Map<String, Value> {
    let named = |(column, scalar): (&Column, &Scalar)| match scalar {
        Scalar::Null => None,
        Scalar::Integer(integer) => Some((column.name.to_owned(), Value::from(*integer))),
        Scalar::Text(text) => Some((column.name.to_owned(), Value::from(text.as_str()))),
    };
    columns.iter().zip(scalars).filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_way_through_json() {
        let assets = &RELEASED[1];
        for text in ["", "plain", "a/b \"c\"", "naïve 🦀\u{0}"] {
            let key = Key(vec![Scalar::Integer(7), Scalar::Text(text.to_owned())]);
            assert_eq!(assets.key_from_object(&assets.key_object(&key)), Some(key));
        }
    }

    #[test]
    fn an_object_that_does_not_fit_the_key_columns_is_no_key() {
        let tasks = &RELEASED[0];
        for json in [r"{}", r#"{"id": "7"}"#, r#"{"id": 1.5}"#, r#"{"key": 7}"#] {
            let Ok(Value::Object(object)) = serde_json::from_str(json) else { panic!("{json} is an object") };
            assert_eq!(tasks.key_from_object(&object), None, "{json}");
        }
    }
}
