use super::*;
use crate::domain::finding::Kind;
use crate::domain::repair::Reason;
use crate::domain::rules::{Conditions, Name, Rule, RuleRef, Rules};
use crate::engine::Ending;
use crate::engine::events::Outcome as Row;
use crate::report::collect::Preface;
use crate::report::sample::{self, assets, flagged, fold, preface, scanned, started, task, tasks, written};

fn page(report: &Report) -> String {
    written(|out| write(out, report, "--url postgresql://airflow@db.internal/airflow"))
}

/// The texts of a page, an element a line, as far as they are not data, style or script.
fn texts(page: &str) -> String {
    let (_, body) = page.split_once("<body>").expect("a body");
    let (body, _) = body.split_once("<script").unwrap_or((body, ""));
    let mut text = String::new();
    for piece in body.split('<').filter_map(|piece| piece.split_once('>')) {
        text.push_str(piece.1);
        text.push('\n');
    }
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_of_a_scan_says_what_there_is_to_say() {
    insta::assert_snapshot!(texts(&page(&sample::scan())));
}

#[test]
fn the_page_of_a_repair_has_rows_that_were_left_and_the_way_back() {
    let report = fold(preface(Mode::Repair), Ending::Complete, |events| {
        started(events);
        scanned(events, tasks(), 12);
        flagged(events, tasks(), task(2, Kind::RawText, Row::Rewritten));
        flagged(events, tasks(), task(3, Kind::NotText, Row::Skipped(Reason::NotText)));
        scanned(events, assets(), 0);
    });
    let said = texts(&page(&report));
    for text in ["1 skipped, 0 drifted", "rewritten", "2 before", "skipped: the stored bytes are not text"] {
        assert!(said.contains(text), "{text}");
    }
    assert!(said.contains(&format!("statemend undo {} --url", sample::RUN)));
}

#[test]
fn the_page_of_an_undo_lists_what_was_left() {
    let said = texts(&page(&sample::undo_with_drift()));
    for text in ["Put back", "Rows left", "id 6", "drifted: someone has written the row since"] {
        assert!(said.contains(text), "{text}");
    }
}

#[test]
fn rules_are_told_with_what_they_take() {
    let conditions = Conditions::default();
    let rule = Rule::new(Name::Given("<b>all</b>".to_owned()), conditions, crate::domain::finding::Action::String);
    let rules = Rules { rules: vec![rule.expect("a rule")], ..Rules::default() };
    let report = fold(Preface { rules, ..preface(Mode::Scan) }, Ending::Complete, |events| {
        scanned(events, tasks(), 12);
        let row = task(2, Kind::RawText, Row::Rewritten);
        flagged(events, tasks(), crate::engine::events::Flagged { rule: Some(RuleRef::Rule(0)), ..row });
    });
    let page = page(&report);
    assert!(page.contains("<bdi>&#60;b&#62;all&#60;/b&#62;</bdi>"), "names are escaped");
    assert!(texts(&page).contains("What each rule takes"));
}

#[test]
fn a_writer_that_is_still_at_it_stands_out() {
    let marks = |started_at: &str| {
        let preface = Preface { started_at: started_at.to_owned(), ..preface(Mode::Scan) };
        let report = fold(preface, Ending::Complete, |events| {
            scanned(events, tasks(), 12);
            // Written at 00:00, 23:00 and 22:00, the days being 20 and 19 November 2026.
            (2..5).for_each(|id| flagged(events, tasks(), task(id, Kind::RawText, Row::Rewritten)));
        });
        let page = page(&report);
        (page.matches("class=\"lately\"").count(), page.contains("class=\"alarm\""))
    };
    assert_eq!(marks("2026-11-20T00:30:00.000Z"), (3, true));
    assert_eq!(marks("2026-11-20T23:10:00.000Z"), (2, true));
    assert_eq!(marks("2026-11-21T00:00:00.000Z"), (0, false));
}

#[test]
fn nothing_in_the_data_can_end_its_element() {
    let mut row = task(2, Kind::RawText, Row::Rewritten);
    row.value = Some("</script><!--<script>".to_owned());
    let report = fold(preface(Mode::Scan), Ending::Complete, |events| {
        scanned(events, tasks(), 1);
        flagged(events, tasks(), row);
    });
    let page = page(&report);
    let (_, data) = page.split_once("id=\"data\">").expect("data");
    let (data, _) = data.split_once("</script>").expect("its end");
    let rows: serde_json::Value = serde_json::from_str(data).expect("data is JSON");
    assert_eq!(rows[0]["value"], "</script><!--<script>");
}
