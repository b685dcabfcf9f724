use super::*;
use crate::report::sample::{self, written};

fn markdown(report: &Report) -> String {
    written(|out| write(out, report, "--url postgresql://airflow@db.internal/airflow"))
}

#[test]
fn a_scan_is_told_in_tables_and_short_lists() {
    insta::assert_snapshot!(markdown(&sample::scan()));
}

#[test]
fn an_undo_lists_what_was_left() {
    insta::assert_snapshot!(markdown(&sample::undo_with_drift()));
}

#[test]
fn spans_hold_backticks_and_cells_hold_bars() {
    let cases = [
        ("plain", "`plain`", "`plain`"),
        ("a`b", "``a`b``", "``a`b``"),
        ("`", "`` ` ``", "`` ` ``"),
        (" a ", "`  a  `", "`  a  `"),
        ("a|b", "`a|b`", "`a`&#124;`b`"),
        (r"a\|", r"`a\|`", r"`a\`&#124;"),
        ("|", "`|`", "&#124;"),
    ];
    for (text, span, in_table) in cases {
        assert_eq!((code(text), cell(text)), (span.to_owned(), in_table.to_owned()));
    }
}
