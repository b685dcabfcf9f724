//! What a report holds of each row that it lists, in little room: it becomes text when it is written.

use std::fmt;

use serde::{Serialize, Serializer};

use super::wording::rfc_3339;
use crate::domain::target::{Column, Identity, Key, Scalar, Target};

/// Some columns of a row, without those that have no value. The names stay with the target; in JSON this is an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    columns: &'static [Column],
    values: Box<[Scalar]>,
}

impl Columns {
    pub fn of_key(target: &'static Target, key: &Key) -> Self {
        Self { columns: &target.key, values: key.0.as_slice().into() }
    }

    pub fn of_identity(target: &'static Target, identity: &Identity) -> Self {
        Self { columns: &target.identity, values: identity.0.as_slice().into() }
    }

    /// Names and values, in the order of the columns.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Scalar)> {
        let pairs = self.columns.iter().map(|column| column.name.as_str()).zip(&self.values);
        pairs.filter(|(_, value)| **value != Scalar::Null)
    }

    /// What stands in a column that may not be there.
    pub fn get(&self, name: &str) -> Option<&Scalar> {
        self.iter().find(|(column, _)| *column == name).map(|(_, value)| value)
    }
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, value)| (name, Plain(value))))
    }
}

/// A number or a text, and nothing around it.
struct Plain<'s>(&'s Scalar);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Scalar::Null => serializer.serialize_unit(),
            Scalar::Integer(integer) => serializer.serialize_i64(*integer),
            Scalar::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// A moment of the database, in microseconds since 1970. JSON has it as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub i64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&rfc_3339(self.0))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Writes a digest as people know them.
pub fn in_hexadecimal<S: Serializer>(digest: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(digest))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::generations::sample::assets;

    #[test]
    fn in_json_columns_are_the_object_that_the_target_makes_of_them() {
        let text = |text: &str| Scalar::Text(text.to_owned());
        let key = Key(vec![Scalar::Integer(7), text("a \"key\"")]);
        let nulls = std::iter::repeat_n(Scalar::Null, assets().identity.len() - 3);
        let identity = Identity([Scalar::Integer(7), text(""), text("api")].into_iter().chain(nulls).collect());
        let json = |columns: &Columns| serde_json::to_value(columns).expect("it is JSON");
        assert_eq!(json(&Columns::of_key(assets(), &key)), Value::Object(assets().key_object(&key)));
        let columns = Columns::of_identity(assets(), &identity);
        assert_eq!(json(&columns), Value::Object(assets().identity_object(&identity)));
        assert_eq!((columns.iter().count(), columns.get("key")), (3, Some(&text(""))));
        assert_eq!(columns.get("last_updated_by_dag_id"), None, "there is no value");
    }
}
