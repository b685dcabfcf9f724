//! Python literals as JSON: what `json.dumps(ast.literal_eval(text))` writes.
//!
//! The recogniser in `shape` reads the text and knows every limit of CPython's parser; here its parts are put together
//! and written. JSON has no sets, which `json.dumps` refuses: they become arrays, members in the order in which they
//! first appear in the text.

mod float;
mod integer;
mod value;

use crate::domain::encode::push_text;
use crate::domain::repair::Reason;
use crate::domain::shape::python;

use value::{Building, Value};

/// The JSON of a Python literal; `None` if the text is none.
pub fn decode(text: &str) -> Option<Result<String, Reason>> {
    let mut building = Building::default();
    python::read(text, &mut building)?;
    let mut out = String::with_capacity(text.len());
    // Only a complex number fails to be put together.
    Some(building.finish().ok_or(Reason::ComplexNumber).and_then(|value| write(&value, &mut out)).map(|()| out))
}

fn write(value: &Value, out: &mut String) -> Result<(), Reason> {
    match value {
        Value::Text(text) => push_text(text, out),
        Value::Sequence(members) => {
            out.push('[');
            for (at, member) in members.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write(member, out)?;
            }
            out.push(']');
        }
        Value::Dictionary(pairs) => {
            out.push('{');
            for (at, (key, member)) in pairs.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write_key(key, out)?;
                out.push_str(": ");
                write(member, out)?;
            }
            out.push('}');
        }
        scalar => write_scalar(scalar, out)?,
    }
    Ok(())
}

/// Whatever `json.dumps` takes for a key becomes a string.
fn write_key(key: &Value, out: &mut String) -> Result<(), Reason> {
    match key {
        Value::Text(text) => push_text(text, out),
        // Only tuples can be hashed.
        Value::Sequence(_) => return Err(Reason::TupleKey),
        scalar => {
            out.push('"');
            write_scalar(scalar, out)?;
            out.push('"');
        }
    }
    Ok(())
}

fn write_scalar(scalar: &Value, out: &mut String) -> Result<(), Reason> {
    match scalar {
        Value::None => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Integer(integer) => out.push_str(&integer.decimal().ok_or(Reason::HugeInteger)?),
        Value::Float(float) => out.push_str(&float::repr(*float)),
        Value::Complex(..) => return Err(Reason::ComplexNumber),
        Value::Bytes(_) => return Err(Reason::Bytes),
        Value::Ellipsis | Value::Text(_) | Value::Sequence(_) | Value::Dictionary(_) => return Err(Reason::Ellipsis),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_json_dumps_writes_of_a_literal() {
        for (text, json) in [
            ("None", "null"),
            ("{'a': True, 'b': [1, 2.50, None]}", r#"{"a": true, "b": [1, 2.5, null]}"#),
            ("(1, 'a')", r#"[1, "a"]"#),
            ("1, 2", "[1, 2]"),
            ("1,", "[1]"),
            ("()", "[]"),
            ("((1))", "1"),
            ("[(1), (1,), [], {}]", "[1, [1], [], {}]"),
            ("{True: 1, None: 2, 1.5: 3, 7: 4, 1e16: 5}", r#"{"true": 1, "null": 2, "1.5": 3, "7": 4, "1e+16": 5}"#),
            ("{1: 'a', True: 'b', 1.0: 'c', 'x': 0}", r#"{"1": "c", "x": 0}"#),
            ("{1: 'a', '1': 'b'}", r#"{"1": "a", "1": "b"}"#),
            ("{1: 'a', 1+0j: 'b'}", r#"{"1": "b"}"#),
            ("{'a': b'x', 'a': 1}", r#"{"a": 1}"#),
            ("{3, 1, 3.0, 2, True}", "[3, 1, 2]"),
            ("{(1, 2), (1.0, 2), 'b'}", r#"[[1, 2], "b"]"#),
            ("[set(), {0, -0.0, False}]", "[[], [0]]"),
            ("{9007199254740993, 9007199254740992.0}", "[9007199254740993, 9007199254740992.0]"),
            ("'a' \"b\"\n", r#""ab""#),
            ("'é\\U0001f600\\n'", r#""\u00e9\ud83d\ude00\n""#),
            (r"'\ud83d\ude00'", r#""\ud83d\ude00""#),
            ("-1", "-1"),
            ("+1.5", "1.5"),
            ("-0", "0"),
            ("-0.0", "-0.0"),
            ("-(1)", "-1"),
            ("0x_fF", "255"),
            ("1e999", "Infinity"),
            ("{1e999: 1}", r#"{"Infinity": 1}"#),
            ("  {'a': 1} # note\n", r#"{"a": 1}"#),
            ("\"\"\"a\r\nb\"\"\"", r#""a\nb""#),
        ] {
            assert_eq!(decode(text), Some(Ok(json.to_owned())), "{text}");
        }
    }

    #[test]
    fn says_what_json_has_no_form_for() {
        for (text, reason) in [
            ("b'a'", Some(Reason::Bytes)),
            ("{'a': [b'a']}", Some(Reason::Bytes)),
            ("{b'a': 1}", Some(Reason::Bytes)),
            ("1j", Some(Reason::ComplexNumber)),
            ("[-1.5 - 2j]", Some(Reason::ComplexNumber)),
            ("...", Some(Reason::Ellipsis)),
            ("{(1, 2): 3}", Some(Reason::TupleKey)),
            ("{(): 3}", Some(Reason::TupleKey)),
            ("1 + 2", None),
            ("hello", None),
        ] {
            assert_eq!(decode(text), reason.map(Err), "{text}");
        }
        let digits = "9".repeat(400);
        assert_eq!(decode(&format!("{{1: {digits}+1j, 1: 2}}")), Some(Err(Reason::ComplexNumber)));
        assert_eq!(decode(&format!("0x{}", "f".repeat(4000))), Some(Err(Reason::HugeInteger)));
    }
}
