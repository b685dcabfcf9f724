//! Conditions on keys, each in the form that its database turns into index look-ups.

use super::location::Dialect;
use super::statement::{Builder, Param};
use crate::domain::target::{Column, ColumnType, Key, Scalar};

impl<'p> From<&'p Scalar> for Param<'p> {
    fn from(scalar: &'p Scalar) -> Self {
        match scalar {
            Scalar::Integer(integer) => Self::Integer(*integer),
            Scalar::Text(text) => Self::Text(text),
            Scalar::Null => Self::Null,
        }
    }
}

impl<'f> Builder<'_, 'f> {
    /// Compares the key columns with a key, in the order of the key; `last` compares the last column, `strict` those
    /// before it. A key of which only the first columns are given compares with these. Row values say it best, but MySQL
    /// and MariaDB make no index range of them, so there the comparison is spelled out: `(a > 1) OR (a = 1 AND b > 2)`.
    pub(super) fn compare(&mut self, key: &'f Key, strict: &str, last: &str) {
        let columns = &self.target().key[..key.0.len()];
        if self.names.dialect != Dialect::MySql || columns.len() == 1 {
            let columns = self.columns(columns, "");
            self.push(&format!("({columns}) {last} ("));
            self.join(&key.0, ", ", |builder, part| builder.bind(part.into()));
            self.push(")");
            return;
        }
        self.push("(");
        self.join(0..columns.len(), " OR ", |builder, deciding| {
            builder.push("(");
            builder.join(0..=deciding, " AND ", |builder, part| {
                let operator = match part {
                    _ if part < deciding => "=",
                    _ if part + 1 < columns.len() => strict,
                    _ => last,
                };
                builder.compare_part(&columns[part], operator, &key.0[part]);
            });
            builder.push(")");
        });
        self.push(")");
    }

    /// The key columns equal a key.
    pub(super) fn key_is(&mut self, key: &'f Key) {
        self.equal(&self.target().key, &key.0);
    }

    fn equal(&mut self, columns: &[Column], scalars: &'f [Scalar]) {
        self.join(columns.iter().zip(scalars), " AND ", |builder, (column, scalar)| {
            builder.compare_part(column, "=", scalar);
        });
    }

    fn compare_part(&mut self, column: &Column, operator: &str, scalar: &'f Scalar) {
        let column = self.names.quoted(&column.name);
        self.push(&format!("{column} {operator} "));
        self.bind(scalar.into());
    }

    /// The new value of each key: `ELT(FIELD(id, 7, 9), 'x', 'y')`, which finds a number fast, or else
    /// `CASE WHEN a = 1 AND b = 2 THEN 'x' … END`.
    pub(super) fn new_values(&mut self, changes: &[(&'f Key, &'f str)]) {
        if changes.iter().all(|(key, _)| is_plain_number(key)) {
            let column = self.columns(&self.target().key, "");
            self.push(&format!("ELT(FIELD({column}, "));
            self.join(changes, ", ", |builder, (key, _)| builder.bind((&key.0[0]).into()));
            self.push("), ");
            self.join(changes, ", ", |builder, (_, value)| builder.bind(Param::Text(value)));
            self.push(")");
            return;
        }
        self.push("CASE ");
        self.join(changes, " ", |builder, (key, value)| {
            builder.push("WHEN ");
            builder.key_is(key);
            builder.push(" THEN ");
            builder.bind(Param::Text(value));
        });
        self.push(" END");
    }

    /// The key columns equal one of these keys.
    pub(super) fn key_in(&mut self, keys: &[&'f Key]) {
        let keys: Vec<&'f [Scalar]> = keys.iter().map(|key| key.0.as_slice()).collect();
        self.among(&self.target().key, &keys);
    }

    /// Columns equal one of these lists of scalars.
    pub(super) fn among(&mut self, columns: &[Column], wanted: &[&'f [Scalar]]) {
        let names = self.columns(columns, "");
        let parts = |scalars: &'f [Scalar]| scalars.iter().map(Param::from);
        match (self.names.dialect, columns, wanted) {
            (Dialect::Postgres, ..) => {
                self.push(&format!("({names}) IN (SELECT * FROM unnest("));
                self.arrays(columns, wanted);
                self.push("))");
            }
            (Dialect::Sqlite | Dialect::MySql, [_], _) => {
                self.push(&format!("{names} IN ("));
                self.join(rounded_up(wanted).flat_map(parts), ", ", Builder::bind);
                self.push(")");
            }
            // MariaDB compares a list of row values byte by byte, whatever the character set of a column is.
            (Dialect::MySql, ..) => {
                self.push("((");
                self.join(rounded_up(wanted), ") OR (", |builder, scalars| builder.equal(columns, scalars));
                self.push("))");
            }
            (Dialect::Sqlite, _, [only]) => self.equal(columns, only),
            (Dialect::Sqlite, ..) => {
                // SQLite walks through the whole table for a list of row values, but not for a join that it may not
                // turn round.
                let same = self.same(columns, "wanted", |number| format!("column{number}"));
                let of_target = columns.iter().map(|column| format!("target.{}", self.names.quoted(&column.name)));
                let of_target = of_target.collect::<Vec<_>>().join(", ");
                self.push(&format!("({names}) IN (SELECT {of_target} FROM (VALUES "));
                self.rows(rounded_up(wanted).map(parts));
                self.push(&format!(") AS wanted CROSS JOIN {} AS target ON {same})", self.table()));
            }
        }
    }

    /// One array for each key column, the keys in their order.
    pub(super) fn key_arrays(&mut self, keys: &[&'f Key]) {
        let keys: Vec<&'f [Scalar]> = keys.iter().map(|key| key.0.as_slice()).collect();
        self.arrays(&self.target().key, &keys);
    }

    fn arrays(&mut self, columns: &[Column], wanted: &[&'f [Scalar]]) {
        self.join(columns.iter().enumerate(), ", ", |builder, (index, column)| {
            let parts = wanted.iter().map(|scalars| &scalars[index]);
            let (array, cast) = match column.holds {
                ColumnType::Integer => (Param::Integers(parts.map(Scalar::as_integer).collect()), "::bigint[]"),
                ColumnType::Text => (Param::Texts(parts.map(Scalar::as_text).collect()), "::text[]"),
            };
            builder.bind(array);
            builder.push(cast);
        });
    }
}

/// Whether a key is an integer that stays the same however a server compares numbers, be it as floats.
pub(super) fn is_plain_number(key: &Key) -> bool {
    matches!(key.0.as_slice(), [Scalar::Integer(integer)] if integer.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS)
}

/// What is wanted, the last of it repeated until the number is a power of two: a statement stays prepared by its text,
/// so few lengths are better than many.
fn rounded_up<'f>(wanted: &[&'f [Scalar]]) -> impl Iterator<Item = &'f [Scalar]> {
    let last = wanted.last().copied();
    wanted.iter().copied().chain(std::iter::repeat_n(last, wanted.len().next_power_of_two() - wanted.len()).flatten())
}

#[cfg(test)]
mod tests {
    use super::super::statement::{Fill, Names, Statement};
    use super::*;
    use crate::domain::generations::sample::{assets, targets, tasks};

    fn asset(id: i64, key: &str) -> Key {
        Key(vec![Scalar::Integer(id), Scalar::Text(key.to_owned())])
    }

    fn filled<'f>(dialect: Dialect, fill: Fill<'f>) -> Statement<'f> {
        Names { dialect, schema: "s".to_owned() }.about(assets(), "{hole}", &[("hole", fill)])
    }

    #[test]
    fn each_dialect_gets_the_comparison_that_its_index_serves() {
        let key = asset(7, "k");
        let cases = [
            (Dialect::Postgres, Fill::Behind(Some(&key)), r#"("asset_id", "key") > ($1, $2)"#),
            (Dialect::Sqlite, Fill::Within(&key), r#"("asset_id", "key") <= (?, ?)"#),
            (Dialect::MySql, Fill::Behind(Some(&key)), "((`asset_id` > ?) OR (`asset_id` = ? AND `key` > ?))"),
            (Dialect::MySql, Fill::Within(&key), "((`asset_id` < ?) OR (`asset_id` = ? AND `key` <= ?))"),
            (Dialect::MySql, Fill::Behind(None), "TRUE"),
        ];
        for (dialect, fill, expected) in cases {
            assert_eq!(filled(dialect, fill).text, expected);
        }
    }

    #[test]
    fn a_key_of_four_columns_is_spelled_out_part_by_part_for_mysql() {
        let [tasks, _] = targets(1);
        let text = |text: &str| Scalar::Text(text.to_owned());
        let key = Key(vec![Scalar::Integer(3), text("load"), Scalar::Integer(-1), text("cursor")]);
        let filled =
            |dialect, fill| Names { dialect, schema: "s".to_owned() }.about(tasks, "{hole}", &[("hole", fill)]).text;
        let behind = "((`dag_run_id` > ?) OR (`dag_run_id` = ? AND `task_id` > ?) OR \
                      (`dag_run_id` = ? AND `task_id` = ? AND `map_index` > ?) OR \
                      (`dag_run_id` = ? AND `task_id` = ? AND `map_index` = ? AND `key` > ?))";
        assert_eq!(filled(Dialect::MySql, Fill::Behind(Some(&key))), behind);
        let within = r#"("dag_run_id", "task_id", "map_index", "key") <= ($1, $2, $3, $4)"#;
        assert_eq!(filled(Dialect::Postgres, Fill::Within(&key)), within);
    }

    #[test]
    fn a_list_of_keys_binds_every_part_of_every_key_and_has_few_lengths() {
        let keys = [asset(1, "a"), asset(2, "b"), asset(3, "c")];
        let cases = [
            (Dialect::Postgres, 2, r#"("asset_id", "key") IN (SELECT * FROM unnest($1::bigint[], $2::text[]))"#),
            (
                Dialect::MySql,
                8,
                "((`asset_id` = ? AND `key` = ?) OR (`asset_id` = ? AND `key` = ?) OR \
                 (`asset_id` = ? AND `key` = ?) OR (`asset_id` = ? AND `key` = ?))",
            ),
            (
                Dialect::Sqlite,
                8,
                r#"("asset_id", "key") IN (SELECT target."asset_id", target."key" FROM (VALUES (?, ?), (?, ?), (?, ?), (?, ?)) AS wanted CROSS JOIN "s"."asset_state_store" AS target ON target."asset_id" = wanted.column1 AND target."key" = wanted.column2)"#,
            ),
        ];
        for (dialect, params, text) in cases {
            let filled = filled(dialect, Fill::KeyIn(keys.iter().collect()));
            assert_eq!((filled.params.len(), filled.text.as_str()), (params, text), "{dialect}");
        }
        let [only, ..] = &keys;
        assert_eq!(filled(Dialect::Sqlite, Fill::KeyIn(vec![only])).text, r#""asset_id" = ? AND "key" = ?"#);
    }

    #[test]
    fn a_part_that_is_missing_is_bound_in_its_place() {
        let keys = [Key(vec![Scalar::Null, Scalar::Text("a".to_owned())]), asset(2, "b")];
        let params = |dialect| format!("{:?}", filled(dialect, Fill::KeyIn(keys.iter().collect())).params);
        let arrays = r#"[Integers([None, Some(2)]), Texts([Some("a"), Some("b")])]"#;
        assert_eq!(params(Dialect::Postgres), arrays);
        assert_eq!(params(Dialect::MySql), r#"[Null, Text("a"), Integer(2), Text("b")]"#);
    }

    #[test]
    fn keys_of_one_column_are_a_plain_list_for_mysql_and_sqlite() {
        let keys = [1, 2, 3].map(|id| Key(vec![Scalar::Integer(id)]));
        for (dialect, text) in [(Dialect::MySql, "`id` IN (?, ?, ?, ?)"), (Dialect::Sqlite, r#""id" IN (?, ?, ?, ?)"#)]
        {
            let names = Names { dialect, schema: "s".to_owned() };
            let fills = [("hole", Fill::KeyIn(keys.iter().collect()))];
            assert_eq!(names.about(tasks(), "{hole}", &fills).text, text);
        }
    }

    #[test]
    fn a_key_is_looked_up_among_numbers_only_where_no_two_of_them_can_be_taken_for_the_same() {
        let names = Names { dialect: Dialect::MySql, schema: "s".to_owned() };
        let exact = 1 << f64::MANTISSA_DIGITS;
        let number = |integer| Key(vec![Scalar::Integer(integer)]);
        let filled = |keys: [Key; 2]| {
            let new_values = Fill::NewValues(vec![(&keys[0], "x"), (&keys[1], "y")]);
            names.about(tasks(), "{hole}", &[("hole", new_values)]).text
        };
        assert_eq!(filled([number(-7), number(exact)]), "ELT(FIELD(`id`, ?, ?), ?, ?)");
        assert_eq!(filled([number(-7), number(exact + 1)]), "CASE WHEN `id` = ? THEN ? WHEN `id` = ? THEN ? END");
    }

    #[test]
    fn identifiers_cannot_break_out_of_their_quotes() {
        for (dialect, quoted) in [(Dialect::Postgres, r#""a""b`c""#), (Dialect::MySql, "`a\"b``c`")] {
            let names = Names { dialect, schema: String::new() };
            assert_eq!(names.quoted("a\"b`c"), quoted);
        }
    }
}
