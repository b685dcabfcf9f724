use super::*;
use crate::report::sample::written;
use crate::report::{Colour, Page, json};

fn explain(value: &[u8]) -> Explanation<'_> {
    Explanation::new(&Judge::default(), value, LineBreak::Absent)
}

fn human(explanation: &Explanation<'_>, columns: u16) -> String {
    let page = Page::new(Some(columns), Colour::Never);
    written(|out| write(out, explanation, &page))
}

#[test]
fn a_readable_value_needs_few_words() {
    insta::assert_snapshot!(human(&explain(br#"{"a": 1}"#), 80));
}

#[test]
fn a_broken_value_is_explained_without_showing_it() {
    insta::assert_snapshot!(human(&explain(br#"{"token": "hunter2" 1}"#).without_values(), 80));
}

#[test]
fn a_broken_value_is_shown_with_a_mark_under_the_place() {
    insta::assert_snapshot!(human(&explain(br#"{"token": "hunter2" 1}"#), 100));
}

#[test]
fn wide_characters_and_escapes_do_not_move_the_mark() {
    insta::assert_snapshot!(human(&explain("{\"都市\":\t\"東京\", \"e\u{301}\u{1b}\": 1 }\n".as_bytes()), 80));
}

#[test]
fn a_value_of_several_lines_shows_the_line_of_the_place() {
    insta::assert_snapshot!(human(&explain(b"{\n  \"a\": 1,\n  \"b\": oops,\n  \"c\": 3\n}\n"), 80));
}

#[test]
fn a_line_of_five_megabytes_is_cut_around_the_place() {
    let value = format!("[{}\"x\" \"y\", {}]", "0.25, ".repeat(400_000), "0.5, ".repeat(500_000));
    insta::assert_snapshot!(human(&explain(value.as_bytes()), 80));
}

#[test]
fn a_value_that_only_tasks_cannot_read_says_so() {
    let value = format!("{}1{}", "[".repeat(220), "]".repeat(220));
    insta::assert_snapshot!(human(&explain(value.as_bytes()), 80));
}

#[test]
fn a_value_that_reads_as_something_else_is_a_warning() {
    insta::assert_snapshot!(human(&explain(br#"{"loss": NaN}"#), 80));
}

#[test]
fn bytes_that_are_no_text_are_left() {
    insta::assert_snapshot!(human(&explain(b"{\"a\": \"\xe9\"}"), 80));
}

#[test]
fn hostile_values_do_nothing_to_the_terminal() {
    let value = "\u{1b}]0;owned\u{7}\u{1b}[2J{\u{202e}}\u{9b}31m\u{200b}\r\u{feff}";
    let text = human(&explain(value.as_bytes()), 80);
    assert!(text.chars().all(|c| c == '\n' || c.is_ascii_graphic() || c == ' '), "{text:?}");
    insta::assert_snapshot!(text);
}

#[test]
fn no_form_shows_a_value_that_was_withheld() {
    for value in ["hunter2", "{'hunter2': 1}", "s3://hunter2/x", r#""\ud800hunter2""#, r#"{"hunter2": NaN}"#] {
        let explanation = explain(value.as_bytes()).without_values();
        let forms = [human(&explanation, 80), written(|out| json::write(out, &explanation.verdict))];
        for form in forms {
            assert!(!form.contains("hunter2"), "{form}");
        }
    }
}

#[test]
fn no_line_is_wider_than_the_page() {
    let values = ["x".repeat(300), "\u{1b}".repeat(300), "日".repeat(300), "[".repeat(300), String::new()];
    for value in &values {
        for columns in [48, 80, 100] {
            for line in human(&explain(value.as_bytes()), columns).lines() {
                assert!(console::measure_text_width(line) <= columns.into(), "{columns}: {line}");
            }
        }
    }
}

#[test]
fn the_keys_are_those_of_the_protocol() {
    let lines = [
        (
            "1",
            r#"{"kind":"readable","severity":null,"readers":{"api":"ok","worker":"ok"},"message":null,"offset":null,"action":"none","rewrite":null}"#,
        ),
        (
            "x",
            r#"{"kind":"raw_text","severity":"error","readers":{"api":"error","worker":"error"},"message":"Expecting value: line 1 column 1 (char 0)","offset":0,"action":"string","rewrite":"\"x\""}"#,
        ),
        (
            " NaN",
            r#"{"kind":"non_finite","severity":"warning","readers":{"api":"altered","worker":"altered"},"message":"a number that is not finite reads as null","offset":1,"action":"none","rewrite":null}"#,
        ),
    ];
    for (value, line) in lines {
        let verdict = Verdict::of(&Judge::default(), value.as_bytes());
        assert_eq!(serde_json::to_string(&verdict).expect("a verdict is JSON"), line);
    }
    let withheld = serde_json::to_value(explain(b"x").without_values().verdict).expect("a verdict is JSON");
    assert_eq!(withheld.get("rewrite"), None, "null would say that a repair writes nothing");
}

#[test]
fn a_line_break_at_the_end_is_accounted_for() {
    let judged = |line_break| human(&Explanation { line_break, ..explain(b"1") }, 80);
    assert!(judged(LineBreak::Absent).contains("Judged: 1 byte.\n"));
    assert!(judged(LineBreak::LeftOff).contains("Judged: 1 byte, without the line break at the end; --keep-newline"));
    assert!(judged(LineBreak::Kept).contains("Judged: 1 byte, with the line break at the end.\n"));
}
