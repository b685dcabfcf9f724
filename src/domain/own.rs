//! Tables of the user's own: how they are declared, and whether what the database has fits the declaration.
//!
//! [`Declared::settle`] is a pure function of the two. Where a declaration comes from, and how a database is asked what
//! it has, is none of its business.

use serde::{Deserialize, Serialize};

use super::reader::Reader;
use super::repair::Capacity;
use super::target::{Column, ColumnType, Target};

/// A table as its owner declares it, in the form in which the journal stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    pub table: String,
    /// The columns of a primary key or unique index, in its order.
    pub key: Vec<String>,
    /// The text column that should hold JSON.
    pub value: String,
    /// The columns that tell a person, and rules, which row this is: those of the key are among them.
    pub identity: Vec<String>,
    /// The column in which writers leave the time of their write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_at: Option<String>,
    pub reader: Reader,
}

/// A table as the database describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    pub columns: Vec<DescribedColumn>,
    /// The columns of each unique index that can be walked along in the order of the columns, the primary key's first.
    pub unique: Vec<Vec<String>>,
}

/// A column as the database describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribedColumn {
    pub name: String,
    pub holds: Holds,
    /// The type in the database's own words.
    pub type_name: String,
    /// Whether moments can stand in it.
    pub is_time: bool,
    pub may_be_null: bool,
    /// Whether the database computes it from others.
    pub is_generated: bool,
    /// Whether the database changes it by itself when a row is updated.
    pub changes_by_itself: bool,
}

/// What a column holds, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Integer,
    /// Text that comes out as it went in, so long at most.
    Text(Capacity),
    /// JSON that the database itself keeps valid.
    Json,
    Other,
}

/// Why a table is not what its declaration says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    #[error("it has no column {0}")]
    NoColumn(String, Vec<String>),
    #[error("its key column {column} is {type_name}, and a key is made of integers and text")]
    KeyType { column: String, type_name: String },
    #[error("its key column {0} may be null, and then does not tell rows apart")]
    KeyMayBeNull(String),
    #[error("no primary key or unique index has the columns {0} in this order and no others")]
    NotUnique(String, Vec<String>),
    #[error("its column {0} is JSON that the database itself keeps valid")]
    NativeJson(String),
    #[error("its value column {column} is {type_name}, not text")]
    ValueType { column: String, type_name: String },
    #[error("its value column {0} is computed by the database")]
    Generated(String),
    #[error("its identity column {column} is {type_name}, neither integer nor text")]
    IdentityType { column: String, type_name: String },
    #[error("its column {column} is {type_name}, not a time")]
    TimeType { column: String, type_name: String },
}

impl Misfit {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NoColumn(_, there) => format!("its columns are {}", there.join(", ")),
            Self::KeyType { .. } | Self::KeyMayBeNull(_) => {
                "name the columns of another primary key or unique index as its key".to_owned()
            }
            Self::NotUnique(_, indexes) if indexes.is_empty() => {
                "rows are found, and told apart, by an index: give the table a primary key or a unique index".to_owned()
            }
            Self::NotUnique(_, indexes) => format!("it has these: {}", indexes.join("; ")),
            Self::NativeJson(_) => "nothing in it can need mending; leave the target out".to_owned(),
            Self::ValueType { .. } => "the value column is text or varchar".to_owned(),
            Self::Generated(_) => "name the column that it is computed from".to_owned(),
            Self::IdentityType { .. } => "leave the column out of `identity`".to_owned(),
            Self::TimeType { .. } => "leave `written_at` out, or name a column with a time".to_owned(),
        }
    }
}

impl Declared {
    /// The target that the declaration means, if the table is like it says.
    pub fn settle(&self, described: &Described) -> Result<Target, Misfit> {
        let key = self.key.iter().map(|name| self.key_column(described, name)).collect::<Result<_, _>>()?;
        if !described.unique.contains(&self.key) {
            let indexes = described.unique.iter().map(|columns| columns.join(", ")).collect();
            return Err(Misfit::NotUnique(self.key.join(", "), indexes));
        }
        let capacity = value_column(described, &self.value)?;
        let identity = self.identity.iter().map(|name| identity_column(described, name)).collect::<Result<_, _>>()?;
        if let Some(name) = &self.written_at {
            let column = described.column(name)?;
            if !column.is_time {
                return Err(Misfit::TimeType { column: name.clone(), type_name: column.type_name.clone() });
            }
        }
        let by_itself = described.columns.iter().filter(|column| column.changes_by_itself && column.name != self.value);
        Ok(Target {
            table: self.table.clone(),
            generation: None,
            reader: self.reader,
            key,
            value: self.value.clone(),
            capacity,
            identity,
            list_columns: 0,
            written_at: self.written_at.clone(),
            expires_at: None,
            keep: by_itself.map(|column| column.name.clone()).collect(),
        })
    }

    fn key_column(&self, described: &Described, name: &str) -> Result<Column, Misfit> {
        let column = described.column(name)?;
        let Some(holds) = scalar(column) else {
            return Err(Misfit::KeyType { column: name.to_owned(), type_name: column.type_name.clone() });
        };
        if column.may_be_null { Err(Misfit::KeyMayBeNull(name.to_owned())) } else { Ok(holds) }
    }
}

impl Described {
    fn column(&self, name: &str) -> Result<&DescribedColumn, Misfit> {
        let there = || self.columns.iter().map(|column| column.name.clone()).collect();
        let found = self.columns.iter().find(|column| column.name == name);
        found.ok_or_else(|| Misfit::NoColumn(name.to_owned(), there()))
    }
}

impl Target {
    /// How the owner of the table declares it; nothing for Airflow's.
    pub fn declared(&self) -> Option<Declared> {
        let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect();
        self.is_own().then(|| Declared {
            table: self.table.clone(),
            key: names(&self.key),
            value: self.value.clone(),
            identity: names(&self.identity),
            written_at: self.written_at.clone(),
            reader: self.reader,
        })
    }
}

/// The longest text that the value column holds.
fn value_column(described: &Described, name: &str) -> Result<Capacity, Misfit> {
    let column = described.column(name)?;
    match column.holds {
        Holds::Text(_) if column.is_generated => Err(Misfit::Generated(name.to_owned())),
        Holds::Text(capacity) => Ok(capacity),
        Holds::Json => Err(Misfit::NativeJson(name.to_owned())),
        _ => Err(Misfit::ValueType { column: name.to_owned(), type_name: column.type_name.clone() }),
    }
}

fn identity_column(described: &Described, name: &str) -> Result<Column, Misfit> {
    let column = described.column(name)?;
    let type_name = || column.type_name.clone();
    scalar(column).ok_or_else(|| Misfit::IdentityType { column: name.to_owned(), type_name: type_name() })
}

fn scalar(column: &DescribedColumn) -> Option<Column> {
    let holds = match column.holds {
        Holds::Integer => ColumnType::Integer,
        Holds::Text(_) => ColumnType::Text,
        Holds::Json | Holds::Other => return None,
    };
    Some(Column { name: column.name.clone(), holds })
}

/// Declarations for tests.
#[cfg(test)]
pub mod sample {
    use super::*;

    pub fn column(name: &str, holds: Holds) -> DescribedColumn {
        DescribedColumn {
            name: name.to_owned(),
            holds,
            type_name: format!("{holds:?}").to_lowercase(),
            is_time: false,
            may_be_null: false,
            is_generated: false,
            changes_by_itself: false,
        }
    }

    pub fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    /// An archive of some task's documents.
    pub fn declared() -> Declared {
        Declared {
            table: "archive".to_owned(),
            key: names(&["batch", "id"]),
            value: "payload".to_owned(),
            identity: names(&["dag_id"]),
            written_at: Some("stored_at".to_owned()),
            reader: Reader::Jsonb,
        }
    }

    pub fn described() -> Described {
        let text = Holds::Text(Capacity::UNLIMITED);
        let columns = [
            column("id", Holds::Integer),
            column("batch", text),
            DescribedColumn { may_be_null: true, ..column("dag_id", text) },
            column("payload", Holds::Text(Capacity::characters(4000))),
            DescribedColumn { may_be_null: true, is_time: true, ..column("stored_at", Holds::Other) },
            DescribedColumn { changes_by_itself: true, ..column("touched_at", Holds::Other) },
            column("document", Holds::Json),
            column("uuid", Holds::Other),
        ];
        Described { columns: columns.to_vec(), unique: vec![names(&["id"]), names(&["batch", "id"])] }
    }

    /// The target of [`declared`].
    pub fn target() -> &'static Target {
        declared().settle(&described()).expect("it fits").hold()
    }
}

#[cfg(test)]
mod tests {
    use super::sample::{column, declared, described, names, target};
    use super::*;

    #[test]
    fn a_table_that_is_as_declared_becomes_a_target_that_says_how_it_was_declared() {
        let target = target();
        assert_eq!(target.declared(), Some(declared()));
        assert_eq!(target.key[1], Column { name: "id".to_owned(), holds: ColumnType::Integer });
        assert_eq!((target.capacity, target.list_columns), (Capacity::characters(4000), 0));
        assert_eq!(target.keep, ["touched_at"], "what changes by itself must not");
        let stored = serde_json::to_string(&declared()).expect("JSON");
        assert_eq!(serde_json::from_str::<Declared>(&stored).ok(), Some(declared()));
    }

    #[test]
    fn a_table_that_is_not_as_declared_is_told_with_what_to_do() {
        let key = |key: &[&str]| Declared { key: names(key), ..declared() };
        let value = |value: &str| Declared { value: value.to_owned(), ..declared() };
        let identity = |name: &str| Declared { identity: names(&[name]), ..declared() };
        let cases = [
            (key(&["number"]), "no column number; its columns are id, batch, "),
            (key(&["uuid"]), "key column uuid is other"),
            (key(&["dag_id"]), "key column dag_id may be null"),
            (key(&["id", "batch"]), "the columns id, batch in this order and no others; it has these: id; batch, id"),
            (value("text"), "no column text"),
            (value("document"), "JSON that the database itself keeps valid; nothing in it can need mending"),
            (value("id"), "value column id is integer, not text"),
            (identity("uuid"), "identity column uuid is other"),
            (Declared { written_at: Some("id".to_owned()), ..declared() }, "its column id is integer, not a time"),
        ];
        for (declared, said) in cases {
            let misfit = declared.settle(&described()).expect_err(said);
            let told = format!("{misfit}; {}", misfit.hint());
            assert!(told.contains(said), "{said:?} is not in {told:?}");
        }
        let generated = DescribedColumn { is_generated: true, ..column("payload", Holds::Text(Capacity::UNLIMITED)) };
        let mut computed = described();
        computed.columns[3] = generated;
        assert_eq!(declared().settle(&computed), Err(Misfit::Generated("payload".to_owned())));
        let without_index = Described { unique: Vec::new(), ..described() };
        let misfit = declared().settle(&without_index).expect_err("there is no index");
        assert!(misfit.hint().contains("give the table a primary key"));
    }
}
