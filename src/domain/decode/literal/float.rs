//! Floats as Python reads and writes them.

use crate::domain::json;

/// The float that Python's tokenizer took: a point may stand at either end, underscores between digits.
pub(super) fn parse(written: &str) -> f64 {
    let digits: Vec<u8> = written.bytes().filter(|&byte| byte != b'_').collect();
    json::float_value(&digits)
}

/// `repr(float)`: the shortest digits that read back as the same float, with an exponent below 1e-4 and from 1e16 on.
/// What is infinite is written as `json.dumps` does.
pub(super) fn repr(float: f64) -> String {
    let sign = if float.is_sign_negative() { "-" } else { "" };
    if float.is_infinite() {
        return format!("{sign}Infinity");
    }
    let scientific = shortest(float.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..16).contains(&exponent) {
        return format!("{sign}{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
    let digits = mantissa.replace('.', "");
    let Ok(whole) = usize::try_from(exponent + 1) else {
        return format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    };
    match digits.split_at_checked(whole) {
        Some(("", fraction)) => format!("{sign}0.{fraction}"),
        Some((whole, "")) => format!("{sign}{whole}.0"),
        Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
        None => format!("{sign}{digits:0<whole$}.0"),
    }
}

/// The shortest digits in scientific form. Of two that are equally far from the float Python takes the even ones, the
/// standard library those above; and where the nearest digits of that length are those of another float, both take
/// the next ones.
fn shortest(float: f64) -> String {
    let shortest = format!("{float:e}");
    let digits = shortest.split('e').next().unwrap_or_default().bytes().filter(u8::is_ascii_digit).count();
    let nearest = format!("{float:.precision$e}", precision = digits.saturating_sub(1));
    if nearest.parse() == Ok(float) { nearest } else { shortest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_floats_as_python_does() {
        for (written, expected) in [
            ("0.0", "0.0"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("1_0.0_1e1_0", "100100000000.0"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("12345678901234567.0", "1.2345678901234568e+16"),
            ("1234567890123456.0", "1234567890123456.0"),
            ("0.0001", "0.0001"),
            ("0.00012", "0.00012"),
            ("0.00001", "1e-05"),
            ("1.5E-7", "1.5e-07"),
            ("5e-324", "5e-324"),
            ("2e-324", "0.0"),
            ("1e-400", "0.0"),
            ("1e22", "1e+22"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("1e309", "Infinity"),
            ("100.", "100.0"),
            ("838363263294487.25", "838363263294487.2"),
            ("838363263294487.75", "838363263294487.8"),
            ("9007199254740992.0", "9007199254740992.0"),
            ("2.2250738585072014e-308", "2.2250738585072014e-308"),
            ("012.5", "12.5"),
        ] {
            assert_eq!(repr(parse(written)), expected, "{written}");
            assert_eq!(repr(-parse(written)), format!("-{expected}"), "-{written}");
        }
    }
}
