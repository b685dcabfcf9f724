//! The targets of the file: tables of the user's own.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fields;
use super::mistake::Mistake;
use super::walk::{Value, Walk};
use crate::domain::own::Declared;
use crate::domain::reader::Reader;

const TARGET: &[&str] = &["table", "key", "value", "identity", "written_at", "reader"];

/// What the names of statemend's own tables begin with.
const OURS: &str = "statemend_";

impl Walk {
    /// The targets, each with the byte at which it begins.
    pub(super) fn targets(&mut self, value: &Value<'_>) -> Vec<(Declared, usize)> {
        let Some(array) = value.get_ref().as_array() else {
            self.wrong::<()>(value.span(), "targets are a list: write `[[target]]` above each of them");
            return Vec::new();
        };
        let mut tables = HashMap::new();
        let targets = (1..).zip(array.iter()).filter_map(|(number, value)| {
            let declared = self.target(number, value, &mut tables)?;
            Some((declared, value.span().start))
        });
        targets.collect()
    }

    fn target<'t>(
        &mut self,
        number: usize,
        value: &'t Value<'_>,
        tables: &mut HashMap<&'t str, usize>,
    ) -> Option<Declared> {
        let Some(fields) = value.get_ref().as_table() else {
            return self.wrong(value.span(), "a target is a table: write `[[target]]` above it");
        };
        let before = self.mistakes();
        self.known(fields, TARGET, "a target has no field", "target");
        let table = self.required(value, fields, "table").and_then(|table| self.table(table, number, tables));
        let key = self.required(value, fields, "key").and_then(|key| self.columns("key", key));
        let text = self.required(value, fields, "value").and_then(|value| self.column("value", value));
        let identity = fields.get("identity").and_then(|value| self.columns("identity", value));
        let written_at = fields.get("written_at").and_then(|value| self.column("written_at", value));
        let reader = self.required(value, fields, "reader").and_then(|reader| self.reader(reader));
        if let Some(text) = &text {
            self.insist_on_a_column_of_its_own(fields, text);
        }
        if self.mistakes() > before {
            return None;
        }
        let (table, key, value, reader) = (table?.to_owned(), key?, text?, reader?);
        // What tells rows apart also tells a person, and rules, which row it is.
        let mut identity = identity.unwrap_or_default();
        let more: Vec<String> = key.iter().filter(|column| !identity.contains(column)).cloned().collect();
        identity.extend(more);
        Some(Declared { table, key, value, identity, written_at, reader })
    }

    fn required<'t>(
        &mut self,
        target: &Value<'_>,
        fields: &'t DeTable<'_>,
        name: &str,
    ) -> Option<&'t Spanned<DeValue<'t>>> {
        let field = fields.get(name);
        field.or_else(|| self.wrong(target.span(), format!("the target has no {name}")))
    }

    fn table<'t>(
        &mut self,
        value: &'t Value<'_>,
        number: usize,
        tables: &mut HashMap<&'t str, usize>,
    ) -> Option<&'t str> {
        let Some(name) = name(value) else {
            return self.wrong(value.span(), "`table` is the name of a table, as a text");
        };
        if name.starts_with(OURS) {
            return self.wrong(value.span(), "that is a table of statemend itself");
        }
        match tables.insert(name, number) {
            None => Some(name),
            Some(other) => self.wrong(
                value.span(),
                format!(
                    "target {other} has this table already; another column of it belongs in a file and a run of its own"
                ),
            ),
        }
    }

    fn column(&mut self, field: &str, value: &Value<'_>) -> Option<String> {
        let wrong = || Mistake::new(value.span(), format!("`{field}` is the name of a column, as a text"));
        name(value).map(str::to_owned).or_else(|| self.note(wrong()))
    }

    /// One column or several, none of them twice.
    fn columns(&mut self, field: &str, value: &Value<'_>) -> Option<Vec<String>> {
        let items: Vec<_> = match value.get_ref().as_array() {
            Some(list) => list.iter().collect(),
            None => vec![value],
        };
        if items.is_empty() {
            return self.wrong(value.span(), format!("`{field}` names one column at least"));
        }
        let mut columns: Vec<String> = Vec::new();
        for item in items {
            let Some(column) = name(item) else {
                return self.wrong(item.span(), format!("`{field}` is the name of a column or a list of such names"));
            };
            if columns.iter().any(|other| other == column) {
                return self.wrong(item.span(), format!("`{field}` has this column already"));
            }
            columns.push(column.to_owned());
        }
        Some(columns)
    }

    fn reader(&mut self, value: &Value<'_>) -> Option<Reader> {
        let Some(name) = value.get_ref().as_str() else {
            return self.wrong(value.span(), "a reader is a text");
        };
        let names: Vec<_> = Reader::ALL.iter().map(|reader| reader.name()).collect();
        let unknown = || fields::unknown(value.span(), "there is no reader", name, &names);
        Reader::from_name(name).or_else(|| self.note(unknown()))
    }

    /// A repair changes the value, and nothing by which a row is found or known.
    fn insist_on_a_column_of_its_own(&mut self, fields: &DeTable<'_>, value: &str) {
        for field in ["key", "identity", "written_at"] {
            let Some(there) = fields.get(field) else { continue };
            let items: Vec<_> = there.get_ref().as_array().map_or_else(|| vec![there], |list| list.iter().collect());
            for item in items.into_iter().filter(|item| item.get_ref().as_str() == Some(value)) {
                self.wrong::<()>(item.span(), format!("the column of the value cannot be in `{field}`, too"));
            }
        }
    }
}

/// A name that a database may have.
fn name<'t>(value: &'t Value<'_>) -> Option<&'t str> {
    value.get_ref().as_str().filter(|name| !name.is_empty() && !name.contains(char::is_control))
}
