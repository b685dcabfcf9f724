//! Markdown and CSV, read by parsers of theirs.

use crate::hostile;
use crate::python;
use crate::terminal::{Folder, URL};

/// GitHub takes no longer comments.
const LONGEST_COMMENT: usize = 65_536;

fn markdown(folder: &Folder, args: &[&str]) -> (String, String) {
    let text = folder.run(&[&["scan", "--format", "markdown", "--url", URL], args].concat()).exits(10).stdout;
    let html = python::answer("read_markdown.py", &text).as_str().expect("a text").to_owned();
    (text, html)
}

/// The texts between two marks, and all that is not between them.
fn between(text: &str, begin: &str, end: &str) -> (Vec<String>, String) {
    let mut pieces = text.split(begin);
    let mut outside = pieces.next().unwrap_or_default().to_owned();
    let mut inside = Vec::new();
    for piece in pieces {
        let (within, behind) = piece.split_once(end).expect("what is opened is closed");
        inside.push(within.to_owned());
        outside.push_str(behind);
    }
    (inside, outside)
}

#[test]
fn stored_texts_are_neither_mark_up_nor_links_nor_mentions_in_markdown() {
    let (text, html) = markdown(&hostile::database(), &["--show-values"]);
    assert!(text.len() < LONGEST_COMMENT, "{}", text.len());
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    let (code, rest) = between(&html, "<code>", "</code>");
    assert!(!rest.contains("evil"), "all of it stands in code spans");
    assert!(code.contains(&"&lt;script&gt;window.evil = 1&lt;/script&gt;".to_owned()), "{code:#?}");
    assert!(code.contains(&r"\u202eevil\u2066".to_owned()), "{code:#?}");
    for mark_up in ["<a", "<img", "<script", "<h1", "<b>"] {
        assert!(!html.contains(mark_up), "{mark_up}");
    }
}

#[test]
fn no_stored_text_breaks_a_markdown_table() {
    let (_, html) = markdown(&hostile::database(), &["--show-values"]);
    let (tables, _) = between(&html, "<table>", "</table>");
    let (rows, _) = between(tables.last().expect("a table of findings"), "<tr>", "</tr>");
    let values: Vec<String> = rows[1..].iter().map(|row| last_cell(row)).collect();
    for (text, value) in hostile::TEXTS.iter().zip(&values).filter(|(text, _)| text.is_ascii()) {
        let escaped =
            text.replace('\u{1b}', r"\x1b").replace('\u{7}', r"\x07").replace('\r', r"\r").replace('\n', r"\n");
        assert_eq!(*value, escaped);
    }
}

/// What the last cell of a row says to whoever looks at it.
fn last_cell(row: &str) -> String {
    let (_, cell) = row.rsplit_once("<td>").expect("a cell");
    let text = cell.trim_end().trim_end_matches("</td>").replace("<code>", "").replace("</code>", "");
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (a, b)| text.replace(a, b))
}

#[test]
fn a_markdown_report_ends_with_the_command_to_run_next() {
    let (text, html) = markdown(&Folder::with_database(), &[]);
    assert!(text.len() < LONGEST_COMMENT);
    assert!(html.starts_with("<h2>19 of 5,428 rows cannot be read by Airflow"), "{html}");
    assert!(html.ends_with(&format!("<pre><code class=\"language-sh\">statemend repair --url {URL}\n</code></pre>\n")));
}

fn records(folder: &Folder, args: &[&str]) -> (String, Vec<Vec<String>>) {
    let text = folder.run(&[&["scan", "--format", "csv", "--url", URL], args].concat()).exits(10).stdout;
    let records = serde_json::from_value(python::answer("read_csv.py", &text)).expect("records of texts");
    (text, records)
}

#[test]
fn stored_texts_are_no_formulas_in_csv() {
    let (text, records) = records(&hostile::database(), &["--show-values"]);
    let [head, rows @ ..] = records.as_slice() else { panic!("{text}") };
    assert_eq!(rows.len(), hostile::TEXTS.len() + 1);
    assert_eq!(text.matches("\r\n").count(), records.len(), "a record is a line");
    assert!(text.replace("\r\n", "").chars().all(|c| !c.is_control()));
    for (column, cell) in rows.iter().flat_map(|row| head.iter().zip(row)) {
        let dangerous = cell.starts_with(['=', '+', '-', '@']) && cell.parse::<i64>().is_err();
        assert!(!dangerous, "{column}: {cell}");
    }
    let value = head.iter().position(|column| column == "value").expect("values were asked for");
    assert_eq!(rows[7][value], format!("'{}", hostile::TEXTS[7]));
    assert_eq!(rows[9][value], hostile::TEXTS[9], "what is harmless is as it was stored");
    assert!(rows[12][value].len() > 4_900_000, "nothing is cut");
}

#[test]
fn csv_has_the_columns_that_are_documented_and_values_only_where_they_were_asked_for() {
    let folder = Folder::with_database();
    let (_, without) = records(&folder, &[]);
    let (_, with) = records(&folder, &["--show-values"]);
    let documented = include_str!("../../docs/json-report.md");
    for column in &with[0] {
        assert!(documented.contains(&format!("| `{column}` |")), "docs/json-report.md has no line about {column}");
    }
    assert_eq!(with[0][..without[0].len()], without[0]);
    assert_eq!(with[0][without[0].len()..], ["value", "rewrite"]);
    assert!(without.iter().chain(&with).all(|row| row.len() == without[0].len() || row.len() == with[0].len()));
}
