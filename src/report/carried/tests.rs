use super::*;
use crate::domain::finding::Kind;
use crate::domain::repair::Reason;
use crate::engine::Ending;
use crate::engine::events::{Event, Events, Outcome as Row};
use crate::report::sample::{self, flagged, fold, human, json, preface, scanned, started, targets, task, written};
use crate::report::{html, markdown};

#[test]
fn a_carry_tells_where_rows_went_and_why_others_did_not() {
    let report = fold(preface(Mode::Carry), Ending::Complete, |events| {
        started(events);
        sample::carried(events);
    });
    insta::assert_snapshot!(human(&report, 100));
    insta::assert_snapshot!("a_carry_as_json", json(&report));
}

#[test]
fn a_dry_run_of_a_carry_tells_the_same_of_what_would_be() {
    insta::assert_snapshot!(human(&fold(preface(Mode::CarryDryRun), Ending::Complete, sample::carried), 80));
}

#[test]
fn a_ticket_and_a_page_have_the_numbers_of_a_carry() {
    let carry = |mode| fold(preface(mode), Ending::Complete, sample::carried);
    let ticket = |mode| written(|out| markdown::write(out, &carry(mode), ""));
    let table = "| table | into | rows | carried | of those mended | there already | left | of those names taken | \
                 of those orphans |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n\
                 | `task_state` | `task_state_store` | 1,204 | 1,150 | 1 | 50 | 4 | 3 | 1 |\n\
                 | `asset_state` | `asset_state_store` | 3 | 2 | 0 | 0 | 1 | 0 | 0 |\n";
    let said = ticket(Mode::Carry);
    assert!(said.contains(table), "{said}");
    assert!(
        ticket(Mode::CarryDryRun).contains("| to be carried | of those to be mended | there already | to be left |")
    );
    assert!(ticket(Mode::CarryDryRun).contains("| size | carry would |"));

    let page = written(|out| html::write(out, &carry(Mode::Carry), ""));
    assert!(page.contains("<code>task_state</code> → <code>task_state_store</code>"));
    for (head, number) in [("Carried", "1,150"), ("Of those mended", "1"), ("There already", "50"), ("Left", "4")] {
        assert!(page.contains(&format!("data-label=\"{head}\">{number}</td>")), "{head}");
    }
    assert!(page.contains("3 whose names are taken, 1 without a DAG run or asset and 1 for another reason"));
}

#[test]
fn the_undo_of_a_carry_takes_rows_out() {
    let mut preface = preface(Mode::Undo);
    preface.removes = true;
    let report = fold(preface, Ending::Complete, |events| {
        started(events);
        events.event(&Event::PutBack { target: sample::tasks(), changes: 1_204, rows: 1_203 });
        flagged(events, sample::tasks(), task(4, Kind::RawText, Row::Drifted(Reason::WrittenSince)));
    });
    insta::assert_snapshot!(human(&report, 100));
    let page = written(|out| html::write(out, &report, ""));
    assert!(page.contains("data-label=\"Taken out\">1,203</td>") && !page.contains("ut back"));
}

#[test]
fn the_verdict_is_one_right_sentence() {
    let left = |reason| task(1, Kind::NotText, Row::Skipped(reason));
    let mended = task(2, Kind::RawText, Row::Rewritten);
    let cases = [
        (Mode::Carry, 0, 0, vec![], "The older state tables are empty, so there is nothing to carry."),
        (Mode::Carry, 9, 0, vec![], "All 9 rows are in the released tables already."),
        (Mode::CarryDryRun, 1, 0, vec![], "The only row is in the released table already."),
        (Mode::Carry, 1, 1, vec![], "Carried the only row."),
        (Mode::Carry, 9, 8, vec![mended.clone()], "Carried all 8 rows, 1 of them mended."),
        (Mode::Carry, 9, 8, vec![left(Reason::Orphan)], "Carried 8 of 9 rows; left: 1 without a DAG run or asset."),
        (
            Mode::CarryDryRun,
            9,
            7,
            vec![mended, left(Reason::Superseded), left(Reason::Locked)],
            "A carry would take over 7 of 9 rows, 1 of them mended; left: 1 whose name is taken and 1 for another reason.",
        ),
    ];
    for (mode, rows, carried, found, expected) in cases {
        let report = fold(preface(mode), Ending::Complete, |events| {
            let [target, _] = targets(3);
            scanned(events, target, rows);
            events.event(&Event::Carried { target, rows: carried });
            found.into_iter().for_each(|row| flagged(events, target, row));
        });
        assert_eq!(verdict(&report), expected);
    }
    let nothing = fold(preface(Mode::Carry), Ending::Complete, |_| {});
    assert_eq!(verdict(&nothing), "There are no older state tables, so there is nothing to carry.");
}

#[test]
fn a_carry_that_was_interrupted_counts_what_it_did_and_says_how_to_go_on() {
    let report = fold(preface(Mode::Carry), Ending::Interrupted, |events| {
        started(events);
        sample::carried(events);
    });
    assert_eq!(verdict(&report), "Interrupted: 1,152 rows carried so far, and this is committed.");
    assert_eq!(next(&report).expect("there is more to do").command, "carry");
}
