use super::*;
use crate::domain::finding::Kind;
use crate::domain::repair::Reason;
use crate::engine::events::Outcome as Row;
use crate::report::sample::{self, asset, assets, flagged, fold, preface, scanned, started, task, tasks};

type Found<'f> = &'f [(Kind, Row)];

fn rows(mode: Mode, fail_on: Severity, ending: Ending, rows: Found<'_>) -> Report {
    fold(Preface { fail_on, ..preface(mode) }, ending, |events| {
        scanned(events, tasks(), 10);
        for (id, (kind, outcome)) in (1..).zip(rows) {
            flagged(events, tasks(), task(id, *kind, *outcome));
        }
    })
}

#[test]
fn the_outcome_follows_from_the_mode_and_from_what_was_found_and_left() {
    use Severity::{Error, Notice, Warning};
    let raw = (Kind::RawText, Row::Rewritten);
    let nan = (Kind::NonFinite, Row::Reported);
    let twice = (Kind::DuplicateKey, Row::Reported);
    let blob = (Kind::NotText, Row::Skipped(Reason::NotText));
    let moved = (Kind::RawText, Row::Drifted(Reason::WrittenSince));
    let cases: &[(Mode, Severity, Found<'_>, Outcome)] = &[
        (Mode::Scan, Error, &[], Outcome::Clean),
        (Mode::Scan, Error, &[raw], Outcome::Findings),
        (Mode::Scan, Error, &[nan, twice], Outcome::Clean),
        (Mode::Scan, Warning, &[nan], Outcome::Findings),
        (Mode::Scan, Warning, &[twice], Outcome::Clean),
        (Mode::Scan, Notice, &[twice], Outcome::Findings),
        (Mode::Check, Warning, &[raw], Outcome::Findings),
        (Mode::DryRun, Error, &[blob], Outcome::Findings),
        (Mode::DryRun, Error, &[nan], Outcome::Clean),
        (Mode::Repair, Error, &[], Outcome::Clean),
        (Mode::Repair, Warning, &[nan], Outcome::Clean),
        (Mode::Repair, Error, &[raw, nan], Outcome::Repaired),
        (Mode::Repair, Error, &[raw, blob], Outcome::Partial),
        (Mode::Repair, Error, &[moved], Outcome::Partial),
        (Mode::Undo, Error, &[], Outcome::Undone),
        (Mode::Undo, Error, &[moved], Outcome::Partial),
    ];
    for (mode, fail_on, found, outcome) in cases {
        assert_eq!(rows(*mode, *fail_on, Ending::Complete, found).outcome, *outcome, "{mode:?} of {found:?}");
        let interrupted = rows(*mode, *fail_on, Ending::Interrupted, found);
        assert_eq!(interrupted.outcome, Outcome::Interrupted, "{mode:?} of {found:?}");
    }
}

#[test]
fn counts_are_kept_by_table_and_summed_up() {
    let report = sample::scan();
    let counts = |counts: &Counts| (counts.rows_scanned, counts.errors, counts.warnings, counts.notices);
    assert_eq!(report.tables.len(), 2);
    assert_eq!(counts(&report.tables[0].counts), (1_000, 2, 1, 1));
    assert_eq!(counts(&report.tables[1].counts), (204, 2, 0, 0));
    assert_eq!(counts(&report.totals), (1_204, 4, 1, 1));
    assert_eq!((report.totals.rewritten, report.totals.skipped, report.totals.drifted), (3, 1, 0));
    assert_eq!(report.totals.findings.values().sum::<u64>(), report.totals.flagged);
}

#[test]
fn two_bad_rows_of_one_asset_make_one_list_unreadable_and_warnings_make_none() {
    let report = fold(preface(Mode::Repair), Ending::Complete, |events| {
        flagged(events, assets(), asset(7, "a", Kind::RawText, Row::Rewritten));
        flagged(events, assets(), asset(7, "b", Kind::RawText, Row::Rewritten));
        flagged(events, assets(), asset(8, "a", Kind::RawText, Row::Rewritten));
        flagged(events, assets(), asset(8, "b", Kind::NotText, Row::Skipped(Reason::NotText)));
        flagged(events, assets(), asset(9, "a", Kind::NonFinite, Row::Reported));
    });
    assert_eq!((report.totals.unreadable_lists, report.totals.unreadable_lists_left), (2, 1));
}

#[test]
fn the_list_is_capped_and_the_counts_are_not() {
    let preface = Preface { max_findings: 30, ..preface(Mode::Scan) };
    let report = fold(preface, Ending::Complete, |events| {
        for id in 0..500 {
            flagged(events, tasks(), task(id, Kind::RawText, Row::Rewritten));
        }
    });
    assert_eq!((report.findings.len(), report.findings_truncated), (30, true));
    assert_eq!((report.totals.errors, report.totals.flagged), (500, 500));
}

#[test]
fn a_full_list_makes_room_for_what_matters_more() {
    let preface = Preface { max_findings: 50, ..preface(Mode::Repair) };
    let report = fold(preface, Ending::Complete, |events| {
        for id in 0..100 {
            flagged(events, tasks(), task(id, Kind::RawText, Row::Rewritten));
        }
        flagged(events, tasks(), task(100, Kind::NotText, Row::Skipped(Reason::NotText)));
        flagged(events, tasks(), task(101, Kind::NonFinite, Row::Reported));
        flagged(events, assets(), asset(7, "a", Kind::RawText, Row::Rewritten));
    });
    assert_eq!(report.findings.len(), 50);
    let last: Vec<_> = report.findings[47..].iter().map(|finding| (&*finding.table, finding.outcome)).collect();
    let tasks = "task_state_store";
    let expected =
        [(tasks, RowOutcome::Rewritten), (tasks, RowOutcome::Skipped), ("asset_state_store", RowOutcome::Rewritten)];
    assert_eq!(last, expected);
}

#[test]
fn a_list_of_no_length_is_empty_and_says_so() {
    let report = fold(Preface { max_findings: 0, ..preface(Mode::Scan) }, Ending::Complete, sample::found);
    assert_eq!((report.findings.len(), report.findings_truncated), (0, true));
}

#[test]
fn earlier_sittings_count_and_are_told_apart() {
    let earlier = Tally { rows_scanned: 600, bytes_scanned: 6_000, rewritten: 5, skipped: 1, ..Tally::default() };
    let report = fold(preface(Mode::Repair), Ending::Complete, |events| {
        events.event(&Event::Earlier { target: tasks(), tally: earlier });
        scanned(events, tasks(), 400);
        flagged(events, tasks(), task(2, Kind::RawText, Row::Rewritten));
    });
    let table = &report.tables[0];
    assert_eq!((table.counts.rows_scanned, table.counts.rewritten, table.counts.skipped), (1_000, 6, 1));
    assert_eq!((table.counts.flagged, table.earlier), (1, Some(earlier)));
    assert_eq!(report.outcome, Outcome::Partial);
}

#[test]
fn rows_put_back_are_counted_as_rewritten_and_rows_left_as_drifted() {
    let report = sample::undo_with_drift();
    assert_eq!((report.totals.rewritten, report.totals.drifted, report.totals.errors), (1_202, 2, 0));
    assert!(report.findings.iter().all(|finding| finding.kind.is_none() && finding.reason.is_some()));
}

#[test]
fn a_run_that_follows_another_tells_of_each_row_once() {
    let report = fold(preface(Mode::Repair), Ending::Complete, |events| {
        started(events);
        scanned(events, tasks(), 10);
        flagged(events, tasks(), task(1, Kind::RawText, Row::Rewritten));
        flagged(events, tasks(), task(2, Kind::RawText, Row::Skipped(Reason::Locked)));
        started(events);
        scanned(events, tasks(), 10);
        flagged(events, tasks(), task(2, Kind::RawText, Row::Rewritten));
        flagged(events, tasks(), task(3, Kind::NonFinite, Row::Reported));
    });
    let rows: Vec<_> = report.circumstances.iter().map(|all| (all.severity, all.rows)).collect();
    assert_eq!(rows, [(Severity::Error, 2), (Severity::Warning, 1)]);
    assert_eq!(report.totals.errors, 2);
    assert_eq!(report.circumstances[0].sources["tasks"].distinct, 2);
}

#[test]
fn what_hides_in_all_lists_follows_from_some_of_them() {
    let hidden = |lists, rows, unreadable| {
        let report = fold(preface(Mode::Scan), Ending::Complete, |events| {
            scanned(events, tasks(), 100);
            (1..=10).for_each(|id| flagged(events, tasks(), task(id, Kind::RawText, Row::Rewritten)));
            events.event(&Event::Lists { target: tasks(), counted: Counted { lists, rows, unreadable } });
        });
        (report.totals.hidden_keys, report.totals.hidden_keys_estimated)
    };
    assert_eq!(hidden(10, 25, 10), (Some(15), false));
    assert_eq!(hidden(5, 11, 5), (Some(12), true));
    assert_eq!(hidden(10, 8, 10), (Some(0), false), "rows may have gone since they were read");
    assert_eq!(sample::undo_with_drift().totals.hidden_keys, None);
}

#[test]
fn an_undo_does_not_tell_of_rows_that_it_has_not_looked_at() {
    assert_eq!(sample::undo_with_drift().circumstances, []);
}
