//! From a statement's text to a statement with its parameters.
//!
//! Every statement stands in a file under `sql/`, readable as one text; `sql/common` holds what all dialects share.
//! A hole such as `{table}` or `{run_id}` is filled here: with quoted identifiers, which come from the target
//! catalogue and the database's own schema name alone, or with a placeholder and a bound parameter. No value from a
//! row ever becomes part of the text, with one exception: COPY takes no parameters, so there they are written out as
//! numbers, and nothing that they say can be taken for SQL ([`written`]).

use super::location::Dialect;
use crate::domain::finding::Action;
use crate::domain::target::{Column, Key, Scalar, Target};
use crate::engine::made::MADE;

/// A statement's text as it stands in its file.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!("sql/common/", $name, ".sql"))
    };
    ($dialect:expr, $name:literal) => {
        match $dialect {
            $crate::store::location::Dialect::Postgres => include_str!(concat!("sql/postgres/", $name, ".sql")),
            $crate::store::location::Dialect::MySql => include_str!(concat!("sql/mysql/", $name, ".sql")),
            $crate::store::location::Dialect::Sqlite => include_str!(concat!("sql/sqlite/", $name, ".sql")),
        }
    };
}
pub(super) use sql;

/// A run that has not shown itself for this many seconds is taken for dead.
pub(super) const STALE_SECONDS: u32 = 60;

/// A bound parameter.
#[derive(Clone, Debug)]
pub(super) enum Param<'p> {
    Integer(i64),
    Text(&'p str),
    /// No value.
    Null,
    /// An array of integers, some of them missing.
    Integers(Vec<Option<i64>>),
    /// An array of texts, some of them missing.
    Texts(Vec<Option<&'p str>>),
}

/// What a hole is filled with.
#[derive(Clone, Debug)]
pub(super) enum Fill<'f> {
    /// One parameter.
    Param(Param<'f>),
    /// The condition that a row stands behind this key; without a key, no condition.
    Behind(Option<&'f Key>),
    /// The condition that a row stands before this key or at it.
    Within(&'f Key),
    /// The condition that a row was written at this moment or later, in microseconds since 1970, or does not tell when;
    /// without a moment, no condition.
    WrittenSince(Option<i64>),
    /// The condition that a row has one of these keys.
    KeyIn(Vec<&'f Key>),
    /// The condition that a row is part of one of these lists.
    ListIn(Vec<&'f [Scalar]>),
    /// The condition that a row has this key.
    KeyIs(&'f Key),
    /// The new value of each of these keys.
    NewValues(Vec<(&'f Key, &'f str)>),
    /// One array for each key column.
    KeyArrays(Vec<&'f Key>),
    /// A list of rows of parameters.
    Rows(Vec<Vec<Param<'f>>>),
    /// Another table than the one that the statement is about.
    Table(&'f str),
    /// Columns of a target's catalogue.
    Columns(Vec<&'f str>),
    /// The moment so many seconds ago, by the server's clock.
    Ago(i64),
}

/// Fills a hole with a text parameter.
pub(super) fn text(text: &str) -> Fill<'_> {
    Fill::Param(Param::Text(text))
}

/// Fills a hole with an integer parameter.
pub(super) fn integer(integer: impl Into<i64>) -> Fill<'static> {
    Fill::Param(Param::Integer(integer.into()))
}

/// Fills a hole with an array of texts.
pub(super) fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Fill<'t> {
    Fill::Param(Param::Texts(texts.into_iter().map(Some).collect()))
}

/// A statement ready for the driver.
#[derive(Debug)]
pub(super) struct Statement<'p> {
    pub text: String,
    pub params: Vec<Param<'p>>,
}

/// How identifiers are written in one database.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub dialect: Dialect,
    /// The schema that holds the tables and the journal; on MySQL, the database.
    pub schema: String,
}

impl Names {
    /// Fills the holes of a statement about no table of Airflow's in particular.
    pub fn statement<'f>(&self, template: &str, fills: &[(&str, Fill<'f>)]) -> Statement<'f> {
        self.fill(template, None, false, fills)
    }

    /// Fills the holes of a statement about a target.
    pub fn about<'f>(&self, target: &Target, template: &str, fills: &[(&str, Fill<'f>)]) -> Statement<'f> {
        self.fill(template, Some(target), false, fills)
    }

    /// The same as one text without parameters, for PostgreSQL's COPY.
    pub fn written_out(&self, target: &Target, template: &str, fills: &[(&str, Fill<'_>)]) -> String {
        self.fill(template, Some(target), true, fills).text
    }

    /// An identifier, quoted.
    pub fn quoted(&self, name: &str) -> String {
        match self.dialect {
            Dialect::MySql => format!("`{}`", name.replace('`', "``")),
            Dialect::Postgres | Dialect::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// A table with its schema, quoted.
    pub fn table(&self, name: &str) -> String {
        format!("{}.{}", self.quoted(&self.schema), self.quoted(name))
    }

    fn fill<'f>(
        &self,
        template: &str,
        target: Option<&Target>,
        written_out: bool,
        fills: &[(&str, Fill<'f>)],
    ) -> Statement<'f> {
        let without_comments: Vec<&str> = template.lines().filter(|line| !line.starts_with("--")).collect();
        let template = without_comments.join("\n");
        let mut builder = Builder { names: self, target, written_out, text: String::new(), params: Vec::new() };
        let mut rest = template.as_str();
        while let Some((before, hole)) = rest.split_once('{') {
            let (hole, after) = hole.split_once('}').expect("every hole in our own SQL is closed");
            builder.push(before);
            match fills.iter().find(|(name, _)| *name == hole) {
                Some((_, fill)) => builder.put(fill),
                None => builder.put_name(hole),
            }
            rest = after;
        }
        builder.push(rest);
        Statement { text: builder.text, params: builder.params }
    }
}

/// A statement under construction.
pub(super) struct Builder<'b, 'f> {
    pub names: &'b Names,
    target: Option<&'b Target>,
    /// Whether parameters are written into the text instead of being bound.
    written_out: bool,
    text: String,
    params: Vec<Param<'f>>,
}

impl<'b, 'f> Builder<'b, 'f> {
    pub fn target(&self) -> &'b Target {
        self.target.expect("our own SQL names columns only where it is about a target")
    }

    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub fn bind(&mut self, param: Param<'f>) {
        if self.written_out {
            return self.push(&written(&param));
        }
        self.params.push(param);
        match self.names.dialect {
            Dialect::Postgres => self.push(&format!("${}", self.params.len())),
            Dialect::MySql | Dialect::Sqlite => self.push("?"),
        }
    }

    /// Writes what `each` writes for each item, with a separator between.
    pub fn join<T>(&mut self, items: impl IntoIterator<Item = T>, separator: &str, mut each: impl FnMut(&mut Self, T)) {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.push(separator);
            }
            each(self, item);
        }
    }

    /// A list of rows of parameters, as behind `VALUES`.
    pub fn rows(&mut self, rows: impl IntoIterator<Item: IntoIterator<Item = Param<'f>>>) {
        self.join(rows, ", ", |builder, row| {
            builder.push("(");
            builder.join(row, ", ", Builder::bind);
            builder.push(")");
        });
    }

    fn put(&mut self, fill: &Fill<'f>) {
        match fill {
            Fill::Param(param) => self.bind(param.clone()),
            Fill::Behind(None) => self.push("TRUE"),
            Fill::Behind(Some(key)) => self.compare(key, ">", ">"),
            Fill::Within(key) => self.compare(key, "<", "<="),
            Fill::WrittenSince(since) => self.written_since(*since),
            Fill::KeyIs(key) => self.key_is(key),
            Fill::KeyIn(keys) => self.key_in(keys),
            Fill::ListIn(lists) => self.among(self.target().list_columns(), lists),
            Fill::NewValues(changes) => self.new_values(changes),
            Fill::KeyArrays(keys) => self.key_arrays(keys),
            Fill::Rows(rows) => self.rows(rows.iter().map(|row| row.iter().cloned())),
            Fill::Table(name) => self.push(&self.names.table(name)),
            Fill::Columns(names) => {
                self.join(names, ", ", |builder, name| builder.push(&builder.names.quoted(name)));
            }
            Fill::Ago(seconds) => {
                let [before, behind] = ago(self.names.dialect);
                self.push(before);
                self.bind(Param::Integer(*seconds));
                self.push(behind);
            }
        }
    }

    /// Holes that are filled alike everywhere: names of tables and columns, and the server's clock.
    fn put_name(&mut self, hole: &str) {
        let names = self.names;
        let filled = match hole {
            "table" => self.table(),
            "value" => names.quoted(&self.target().value),
            "keys" => self.columns(&self.target().key, ""),
            "keys_descending" => self.columns(&self.target().key, " DESC"),
            "identity" => self.columns(&self.target().identity, ""),
            "written_at" => self.written_at(),
            "moment" => self.micros(self.target().written_at.as_deref()),
            "expiry" => self.micros(self.target().expires_at.as_deref()),
            "present" => self.present(),
            "keep" => self.keep(),
            "key_aliases" => self.key_aliases(),
            "target_is_change" => self.same(&self.target().key, "change", |number| format!("key_{number}")),
            "target_is_carried" => self.same(&self.target().key, "carried", |number| format!("key_{number}")),
            "run" => names.table("statemend_run"),
            "change" => names.table("statemend_change"),
            "migration" => names.table("statemend_migration"),
            "alembic" => names.table("alembic_version"),
            "now" => now(names.dialect).to_owned(),
            "stale" => stale(names.dialect),
            "made_actions" => made_actions(),
            _ => unreachable!("our own SQL has a hole {hole} that nobody fills"),
        };
        self.push(&filled);
    }

    pub fn columns(&self, columns: &[Column], order: &str) -> String {
        let quoted = |column: &Column| self.names.quoted(&column.name) + order;
        columns.iter().map(quoted).collect::<Vec<_>>().join(", ")
    }

    /// The time of a row's last write as text that is the same in every session.
    fn written_at(&self) -> String {
        let Some(column) = &self.target().written_at else { return "NULL".to_owned() };
        let column = self.names.quoted(column);
        match self.names.dialect {
            // As an integer, since releases write fractions of seconds differently. What is infinite has no number, and the
            // last years that there are have one that is too large; as text, they are told apart as well.
            Dialect::Postgres => format!(
                "CASE WHEN {column} > '-infinity' AND {column} < '294000-01-01' \
                 THEN (EXTRACT(EPOCH FROM {column}) * 1000000)::bigint::text ELSE {column}::text END"
            ),
            Dialect::MySql => format!("CAST({column} AS CHAR)"),
            Dialect::Sqlite => format!("CAST({column} AS TEXT)"),
        }
    }

    /// A time of a row in microseconds since 1970.
    fn micros(&self, column: Option<&str>) -> String {
        let Some(column) = column else { return "NULL".to_owned() };
        let column = self.names.quoted(column);
        match self.names.dialect {
            // What is infinite, or of another age, has no number.
            Dialect::Postgres => format!(
                "CASE WHEN {column} >= '0001-01-01' AND {column} < '10000-01-01' \
                 THEN (EXTRACT(EPOCH FROM {column}) * 1000000)::bigint END"
            ),
            Dialect::MySql => format!("TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {column})"),
            Dialect::Sqlite => format!("CAST(unixepoch({column}, 'subsec') * 1000000 AS INTEGER)"),
        }
    }

    fn written_since(&mut self, since: Option<i64>) {
        let (Some(since), Some(column)) = (since, &self.target().written_at) else { return self.push("TRUE") };
        let column = self.names.quoted(column);
        // Where times have no zone of their own, it is the session's, which the drivers set to UTC.
        let (written, before, behind) = match self.names.dialect {
            Dialect::Postgres => (column, "to_timestamp(", "::double precision / 1000000)"),
            Dialect::MySql => (column, "TIMESTAMPADD(MICROSECOND, ", ", TIMESTAMP'1970-01-01 00:00:00')"),
            // Its times are texts, in more than one form, and some that are none.
            Dialect::Sqlite => (self.micros(self.target().written_at.as_deref()), "", ""),
        };
        self.push(&format!("({written} >= {before}"));
        self.bind(Param::Integer(since));
        self.push(&format!("{behind} OR {written} IS NULL)"));
    }

    /// The condition that there is a value at all.
    fn present(&self) -> String {
        let target = self.target();
        if target.may_leave_out_rows() {
            format!("{} IS NOT NULL", self.names.quoted(&target.value))
        } else {
            "TRUE".to_owned()
        }
    }

    /// Further assignments, which change nothing.
    fn keep(&self) -> String {
        let keep = |name: &String| format!(", {0} = {0}", self.names.quoted(name));
        self.target().keep.iter().map(keep).collect()
    }

    fn key_aliases(&self) -> String {
        let aliases = (1..=self.target().key.len()).map(|number| format!("key_{number}"));
        aliases.collect::<Vec<_>>().join(", ")
    }

    /// The condition that columns of `target` equal those of another relation, which have these names.
    pub fn same(&self, columns: &[Column], other: &str, alias: impl Fn(usize) -> String) -> String {
        let columns = columns.iter().map(|column| self.names.quoted(&column.name));
        let same = (1..).zip(columns).map(|(number, column)| format!("target.{column} = {other}.{}", alias(number)));
        same.collect::<Vec<_>>().join(" AND ")
    }

    pub fn table(&self) -> String {
        self.names.table(&self.target().table)
    }
}

/// A parameter as PostgreSQL's SQL writes it. Every character of a text is written by its number, so whatever it says, and
/// however the session reads quotes, it ends where it should. What a function would make of digits would not do: it has
/// another collation than the text, and another order.
fn written(param: &Param<'_>) -> String {
    match param {
        Param::Integer(integer) => format!("'{integer}'::bigint"),
        Param::Text(text) => {
            let characters: String = text.chars().map(|character| format!("\\U{:08x}", u32::from(character))).collect();
            format!("E'{characters}'")
        }
        Param::Null => "NULL".to_owned(),
        Param::Integers(_) | Param::Texts(_) => unreachable!("nothing that is copied out asks for arrays"),
    }
}

/// The server's clock. Times of the journal are the server's, so that machines need not agree on theirs.
fn now(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "clock_timestamp()",
        Dialect::MySql => "UTC_TIMESTAMP(6)",
        Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
    }
}

/// What stands before and behind a number of seconds, to say how long ago.
fn ago(dialect: Dialect) -> [&'static str; 2] {
    match dialect {
        Dialect::Postgres => ["clock_timestamp() - ", " * interval '1 second'"],
        Dialect::MySql => ["UTC_TIMESTAMP(6) - INTERVAL ", " SECOND"],
        Dialect::Sqlite => ["strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || ", " || ' seconds')"],
    }
}

/// The moment before which a heartbeat is too old.
fn stale(dialect: Dialect) -> String {
    let [before, behind] = ago(dialect);
    format!("{before}{STALE_SECONDS}{behind}")
}

/// The actions that make something else than a string: what became of these rows is remembered for ever.
fn made_actions() -> String {
    let makes_more = |action: &&Action| !matches!(action, Action::String | Action::Skip | Action::None);
    let names = Action::ALL.iter().filter(makes_more).map(|action| action.name()).chain([MADE]);
    names.map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::generations::sample::assets;
    use crate::domain::target::Scalar;

    #[test]
    fn what_is_written_out_is_numbers_whatever_a_key_says() {
        let names = Names { dialect: Dialect::Postgres, schema: "public".to_owned() };
        let written = |text: &str| {
            let key = Key(vec![Scalar::Integer(-7), Scalar::Text(text.to_owned())]);
            let fills = [("behind", Fill::Behind(Some(&key))), ("rows", integer(5))];
            names.written_out(assets(), "{behind} LIMIT {rows}", &fills)
        };
        let around = |text: &str| format!(r#"("asset_id", "key") > ('-7'::bigint, E'{text}') LIMIT '5'::bigint"#);
        assert_eq!(written(""), around(""));
        assert_eq!(written("k'🦀"), around(r"\U0000006b\U00000027\U0001f980"));
        for text in ["it's", r"\'; DROP TABLE dag; --", "$1 {table} \u{0}\n", "\"`"] {
            let written = written(text);
            let (before, after) = (written.split("E'").next(), written.rsplit("')").next());
            let literal = written.split("E'").nth(1).and_then(|rest| rest.split("')").next()).expect("a literal");
            assert_eq!((before, after), (around("").split("E'").next(), around("").rsplit("')").next()));
            assert_eq!(literal.len(), 10 * text.chars().count());
            assert!(literal.chars().all(|character| matches!(character, '\\' | 'U' | '0'..='9' | 'a'..='f')));
        }
    }
}
