use super::*;
use crate::domain::check::{Looked, Novelty, Pass, Why};
use crate::domain::finding::Kind;
use crate::domain::own;
use crate::domain::reader::{Reader, Reading, Readings};
use crate::domain::repair::Reason;
use crate::domain::run::Tally;
use crate::domain::target::{Identity, Key, Scalar};
use crate::engine::Ending;
use crate::engine::events::{Event, Events, Flagged, Outcome as Row};
use crate::engine::store::Facts;
use crate::report::Colour;
use crate::report::model::Mode;
use crate::report::sample::{
    self, asset, assets, flagged, fold, human, preface, scanned, started, task, tasks, written,
};

#[test]
fn a_scan_tells_what_is_wrong_and_what_to_do() {
    insta::assert_snapshot!(human(&sample::scan(), 100));
}

#[test]
fn a_scan_is_legible_on_eighty_columns() {
    insta::assert_snapshot!(human(&sample::scan(), 80));
}

#[test]
fn every_row_that_a_repair_left_is_listed() {
    let told = |mode| {
        let report = fold(preface(mode), Ending::Complete, |events| {
            (0..50).for_each(|id| flagged(events, tasks(), task(id, Kind::NotText, Row::Skipped(Reason::NotText))));
            (50..99).for_each(|id| flagged(events, tasks(), task(id, Kind::RawText, Row::Rewritten)));
            scanned(events, tasks(), 1_000);
        });
        human(&report, 100).matches("not_text:").count()
    };
    assert_eq!((told(Mode::Repair), told(Mode::Scan)), (50, 20));
}

#[test]
fn a_scan_that_finds_nothing_says_so_and_no_more() {
    let report = fold(preface(Mode::Scan), Ending::Complete, |events| {
        scanned(events, tasks(), 1_000);
        scanned(events, assets(), 0);
    });
    insta::assert_snapshot!(human(&report, 100));
}

#[test]
fn a_check_tells_what_is_new_and_shows_the_trend() {
    insta::assert_snapshot!(human(&sample::check(), 100));
}

#[test]
fn a_check_is_legible_on_eighty_columns() {
    insta::assert_snapshot!(human(&sample::check(), 80));
}

#[test]
fn an_incremental_check_says_which_rows_it_has_read() {
    let still = sample::compared(task(2, Kind::RawText, Row::Rewritten), Novelty::Still);
    insta::assert_snapshot!(human(&sample::incremental_check(&[still]), 100));
}

#[test]
fn a_check_that_was_interrupted_says_that_it_is_not_remembered() {
    let report = fold(preface(Mode::Check), Ending::Interrupted, |events| {
        let (last, pass) = (sample::looked(tasks(), 5), Pass::Full(Why::Wished));
        events.event(&Event::Compared { target: tasks(), last: Some(&last), pass });
        scanned(events, tasks(), 1_000);
    });
    insta::assert_snapshot!(human(&report, 100));
}

#[test]
fn a_check_that_has_only_numbers_to_compare_says_so() {
    let report = fold(preface(Mode::Check), Ending::Complete, |events| {
        let (last, pass) = (sample::looked(tasks(), 2_000_000), Pass::Full(Why::Wished));
        let last = Looked { remembered: false, ..last };
        events.event(&Event::Compared { target: tasks(), last: Some(&last), pass });
        scanned(events, tasks(), 2_500_000);
    });
    let text = human(&report, 100);
    assert!(text.contains("by the numbers nothing new and at least 2,000,000 gone"), "{text}");
}

#[test]
fn the_verdict_of_a_check_says_how_much_is_new() {
    let raw = |id, novelty| sample::compared(task(id, Kind::RawText, Row::Rewritten), novelty);
    let all = |last: Option<u64>, remembered, rows: &[Flagged]| {
        let last = last.map(|flagged| Looked { remembered, ..sample::looked(tasks(), flagged) });
        fold(preface(Mode::Check), Ending::Complete, |events| {
            let pass = Pass::Full(Why::Wished);
            events.event(&Event::Compared { target: tasks(), last: last.as_ref(), pass });
            scanned(events, tasks(), 1_000);
            rows.iter().for_each(|row| flagged(events, tasks(), row.clone()));
        })
    };
    let two = "2 of 1,000 rows cannot be read by Airflow; 2 lists are unreadable because of them.";
    let gone = "Nothing is new since the last check; 1 is gone.";
    let cases = [
        (
            all(None, true, &[raw(1, Novelty::Unknown), raw(2, Novelty::Unknown)]),
            two,
            "This is the first check; the next one tells what is new.",
        ),
        (
            all(Some(2), true, &[raw(1, Novelty::Still), raw(2, Novelty::Still)]),
            two,
            "Nothing is new since the last check.",
        ),
        (
            all(Some(1), true, &[raw(1, Novelty::Still), raw(2, Novelty::New)]),
            two,
            "1 finding is new since the last check.",
        ),
        (
            all(Some(1), true, &[raw(1, Novelty::Changed), raw(2, Novelty::New)]),
            two,
            "2 findings are new since the last check.",
        ),
        (
            all(Some(1), false, &[raw(1, Novelty::Unknown), raw(2, Novelty::Unknown)]),
            two,
            "At least 1 finding is new since the last check.",
        ),
        (
            all(Some(2), false, &[raw(1, Novelty::Unknown), raw(2, Novelty::Unknown)]),
            two,
            "The numbers tell of nothing new since the last check.",
        ),
        (sample::incremental_check(&[]), "Airflow can read all 12 rows that were looked at.", gone),
        (
            sample::incremental_check(&[raw(1, Novelty::Still)]),
            "1 row cannot be read by Airflow; 1 list is unreadable because of it.",
            gone,
        ),
    ];
    for (report, found, since) in cases {
        assert_eq!(sentences::verdict(&report), format!("{found} {since}"));
    }
}

#[test]
fn a_dry_run_says_that_nothing_was_changed() {
    insta::assert_snapshot!(human(&fold(preface(Mode::DryRun), Ending::Complete, sample::found), 100));
}

#[test]
fn a_repair_names_the_run_that_can_be_undone() {
    let report = fold(preface(Mode::Repair), Ending::Complete, |events| {
        started(events);
        scanned(events, tasks(), 1_000);
        for id in 1..=3 {
            flagged(events, tasks(), task(id, Kind::RawText, Row::Rewritten));
        }
    });
    insta::assert_snapshot!(human(&report, 100));
}

#[test]
fn a_repair_that_leaves_rows_lists_them_first() {
    let report = fold(preface(Mode::Repair), Ending::Complete, |events| {
        started(events);
        sample::found(events);
        flagged(events, tasks(), task(9, Kind::RawText, Row::Drifted(Reason::WrittenSince)));
    });
    insta::assert_snapshot!(human(&report, 100));
}

#[test]
fn a_repair_that_was_interrupted_says_how_to_go_on() {
    let report = fold(preface(Mode::Repair), Ending::Interrupted, |events| {
        started(events);
        let tally = Tally { rows_scanned: 2_000, bytes_scanned: 72_000, rewritten: 40, ..Tally::default() };
        events.event(&Event::Earlier { target: tasks(), tally });
        scanned(events, tasks(), 1_000);
        flagged(events, tasks(), task(2, Kind::RawText, Row::Rewritten));
    });
    insta::assert_snapshot!(human(&report, 100));
}

#[test]
fn an_undo_lists_the_rows_that_were_written_since() {
    insta::assert_snapshot!(human(&sample::undo_with_drift(), 100));
}

#[test]
fn a_row_that_an_undo_left_says_what_is_wrong_with_it_now() {
    let report = fold(preface(Mode::Undo), Ending::Complete, |events| {
        let row = task(4, Kind::RawText, Row::Drifted(Reason::WrittenSince));
        events.event(&Event::Flagged { target: tasks(), row });
    });
    insta::assert_snapshot!(human(&report, 100));
}

#[test]
fn a_plan_that_is_shown_before_the_question_proposes_no_command() {
    let report = fold(preface(Mode::DryRun), Ending::Complete, sample::found);
    let plan = written(|out| write(out, &report, &Page::new(None, Colour::Never), None));
    assert!(!plan.contains("To mend") && !plan.contains("statemend repair"), "{plan}");
}

#[test]
fn a_long_list_is_cut_short_and_says_where_the_rest_is() {
    let report = fold(preface(Mode::Scan), Ending::Complete, |events| {
        scanned(events, tasks(), 2_000_000);
        for id in 0..2_057 {
            flagged(events, tasks(), task(id, Kind::RawText, Row::Rewritten));
        }
    });
    insta::assert_snapshot!(human(&report, 100));
}

#[test]
fn values_are_shown_on_one_line_when_the_report_holds_them() {
    let report = fold(preface(Mode::Scan), Ending::Complete, |events| {
        scanned(events, tasks(), 2);
        let mut row = task(2, Kind::RawText, Row::Rewritten);
        row.value = Some(format!("first line\nsecond line {}", "and so on ".repeat(100)));
        row.rewrite = Some("\"first line\\nsecond line\"".to_owned());
        flagged(events, tasks(), row);
    });
    insta::assert_snapshot!(human(&report, 100));
}

#[test]
fn a_table_of_the_users_own_is_told_with_its_reader() {
    let report = fold(preface(Mode::Scan), Ending::Complete, |events| {
        scanned(events, tasks(), 10);
        scanned(events, own::sample::target(), 1_000);
        let found =
            [(Kind::NonFinite, Reading::Error, Row::Rewritten), (Kind::DuplicateKey, Reading::Ok, Row::Reported)];
        for (kind, reading, outcome) in found {
            let mut row = task(1, kind, outcome);
            row.key = Key(vec![Scalar::Text("2026-05".to_owned()), Scalar::Integer(7)]);
            let identity = Identity(vec![Scalar::Text("sales".to_owned())]);
            row.facts = Some(Facts { identity, moment: None, expires_at: None });
            if let Some(finding) = &mut row.finding {
                finding.readings = Readings::all(Reader::Jsonb, reading);
            }
            flagged(events, own::sample::target(), row);
        }
    });
    insta::assert_snapshot!(human(&report, 100));
}

#[test]
fn hostile_text_from_the_database_does_nothing() {
    let report = hostile();
    let text = human(&report, 100);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    insta::assert_snapshot!(text);
}

/// Every text that a database can put into a report, and each of it hostile.
fn hostile() -> Report {
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}drow\u{200b}\r\nfake line";
    let mut preface = preface(Mode::Scan);
    preface.database.url = format!("sqlite:////tmp/{evil}");
    preface.database.server_version = evil.to_owned();
    preface.database.airflow_revision = Some(evil.to_owned());
    fold(preface, Ending::Complete, |events| {
        scanned(events, tasks(), 1);
        let mut row = task(2, Kind::RawText, Row::Rewritten);
        row.facts =
            Some(Facts { identity: Identity(vec![Scalar::Text(evil.to_owned()); 5]), moment: None, expires_at: None });
        row.value = Some(evil.to_owned());
        row.rewrite = Some(evil.to_owned());
        if let Some(finding) = &mut row.finding {
            finding.message = evil.to_owned();
        }
        flagged(events, tasks(), row);
        scanned(events, assets(), 1);
        let mut gone = asset(7, evil, Kind::RawText, Row::Drifted(Reason::Gone));
        gone.key = Key(vec![Scalar::Integer(7), Scalar::Text(evil.repeat(20))]);
        gone.facts = None;
        flagged(events, assets(), gone);
    })
}

#[test]
fn no_line_is_wider_than_its_page() {
    let reports = [sample::scan(), sample::check(), sample::undo_with_drift(), hostile()];
    for (report, columns) in reports.iter().flat_map(|report| [60, 80, 100, 200].map(|columns| (report, columns))) {
        let text = human(report, columns);
        let command = text.lines().last();
        for line in text.lines().filter(|line| Some(*line) != command) {
            assert!(console::measure_text_width(line) <= usize::from(columns.min(100)), "{columns}: {line:?}");
        }
    }
}

#[test]
fn colours_appear_only_where_they_were_asked_for_and_change_no_text() {
    let report = sample::scan();
    let with = |colour| written(|out| write(out, &report, &Page::new(Some(100), colour), Some("")));
    let (plain, coloured) = (with(Colour::Never), with(Colour::Always));
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(console::strip_ansi_codes(&coloured), plain);
}

#[test]
fn the_verdict_is_one_right_sentence() {
    let raw = |id| task(id, Kind::RawText, Row::Rewritten);
    let cases: &[(Mode, u64, Vec<Flagged>, &str)] = &[
        (Mode::Scan, 0, vec![], "There are no rows to read."),
        (Mode::Scan, 1, vec![], "Airflow can read the only row."),
        (Mode::Scan, 1_204, vec![], "Airflow can read all 1,204 rows."),
        (
            Mode::Scan,
            1_204,
            vec![task(1, Kind::NonFinite, Row::Reported)],
            "Airflow can read all 1,204 rows; 1 is worth a look.",
        ),
        (Mode::Scan, 1, vec![raw(1)], "1 of 1 row cannot be read by Airflow; 1 list is unreadable because of it."),
        (Mode::Repair, 1_204, vec![], "Nothing to mend in 1,204 rows."),
        (Mode::Repair, 9, vec![raw(1)], "Mended the row that needed it; 1 list can be read again."),
        (Mode::Repair, 9, vec![raw(1), raw(2)], "Mended all 2 rows that needed it; 2 lists can be read again."),
        (
            Mode::Repair,
            9,
            vec![raw(1), task(2, Kind::NotText, Row::Skipped(Reason::NotText))],
            "Mended 1 of 2 rows that needed it; 1 row skipped; 1 list is still unreadable.",
        ),
        (Mode::Undo, 0, vec![], "There was nothing to put back of run 20261121-230000-a7bd."),
    ];
    for (mode, rows, found, verdict) in cases {
        let report = fold(preface(*mode), Ending::Complete, |events| {
            scanned(events, tasks(), *rows);
            found.iter().for_each(|row| flagged(events, tasks(), row.clone()));
        });
        assert_eq!(sentences::verdict(&report), *verdict);
    }
}

#[test]
fn what_the_rules_leave_unreadable_is_never_told_as_nothing_to_mend() {
    let kept = |id| task(id, Kind::RawText, Row::Reported);
    let (raw, blob) = (task(1, Kind::RawText, Row::Rewritten), task(2, Kind::NotText, Row::Skipped(Reason::NotText)));
    let cases: &[(Vec<Flagged>, &str)] = &[
        (
            vec![kept(3)],
            "The rules mend none of 9 rows; 1 list is still unreadable. \
             1 row cannot be read by Airflow, and the rules leave it.",
        ),
        (
            vec![raw.clone(), kept(3), kept(4)],
            "Mended the row that the rules cover; 2 lists are still unreadable. \
             2 rows cannot be read by Airflow, and the rules leave them.",
        ),
        (
            vec![raw, blob, kept(3)],
            "Mended 1 of 2 rows that the rules cover; 1 row skipped; 2 lists are still unreadable. \
             1 row cannot be read by Airflow, and the rules leave it.",
        ),
    ];
    for (found, verdict) in cases {
        let report = fold(preface(Mode::Repair), Ending::Complete, |events| {
            scanned(events, tasks(), 9);
            found.iter().for_each(|row| flagged(events, tasks(), row.clone()));
        });
        assert_eq!(sentences::verdict(&report), *verdict);
        let markdown = written(|out| crate::report::markdown::write(out, &report, ""));
        let page = written(|out| crate::report::html::write(out, &report, ""));
        for (form, text) in [("terminal", human(&report, 200)), ("markdown", markdown), ("html", page)] {
            let words: Vec<_> = text.split_whitespace().collect();
            assert!(words.join(" ").contains(", and the rules leave"), "{form}: {text}");
        }
    }
    let dry = fold(preface(Mode::DryRun), Ending::Complete, |events| {
        scanned(events, tasks(), 9);
        flagged(events, tasks(), kept(3));
    });
    let closing = "Nothing has been changed. 1 row cannot be read by Airflow, and the rules leave it.";
    assert_eq!(sentences::closing(&dry).as_deref(), Some(closing));
}
