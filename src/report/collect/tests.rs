use super::super::check::Comparison;
use super::*;
use crate::domain::check::{Looked, Pass, Why};
use crate::domain::finding::Kind;
use crate::domain::repair::Reason;
use crate::engine::events::Outcome as Row;
use crate::report::sample::{self, asset, assets, flagged, fold, preface, scanned, started, task, tasks};

type Found<'f> = &'f [(Kind, Row)];

fn rows(mode: Mode, fail_on: Severity, ending: Ending, rows: Found<'_>) -> Report {
    fold(Preface { fail_on: fail_on.into(), ..preface(mode) }, ending, |events| {
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
    let kept = (Kind::RawText, Row::Reported);
    let nan = (Kind::NonFinite, Row::Reported);
    let twice = (Kind::DuplicateKey, Row::Reported);
    let blob = (Kind::NotText, Row::Skipped(Reason::NotText));
    let moved = (Kind::RawText, Row::Drifted(Reason::WrittenSince));
    let taken = (Kind::NonFinite, Row::Skipped(Reason::AlreadyThere));
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
        (Mode::Repair, Error, &[kept, nan], Outcome::Findings),
        (Mode::Repair, Error, &[raw, kept], Outcome::Repaired),
        (Mode::Repair, Error, &[kept, blob], Outcome::Partial),
        (Mode::Repair, Error, &[raw, blob], Outcome::Partial),
        (Mode::Repair, Error, &[moved], Outcome::Partial),
        (Mode::Carry, Error, &[], Outcome::Clean),
        (Mode::Carry, Error, &[raw, blob], Outcome::Partial),
        (Mode::CarryDryRun, Error, &[nan], Outcome::Clean),
        (Mode::CarryDryRun, Error, &[raw], Outcome::Findings),
        (Mode::CarryDryRun, Error, &[taken], Outcome::Findings),
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
    let preface = Preface { most: Most::of(30), ..preface(Mode::Scan) };
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
    let preface = Preface { most: Most::of(50), ..preface(Mode::Repair) };
    let report = fold(preface, Ending::Complete, |events| {
        for id in 0..100 {
            flagged(events, tasks(), task(id, Kind::RawText, Row::Rewritten));
        }
        flagged(events, tasks(), task(100, Kind::NotText, Row::Skipped(Reason::NotText)));
        flagged(events, tasks(), task(101, Kind::NonFinite, Row::Reported));
        flagged(events, assets(), asset(7, "a", Kind::RawText, Row::Rewritten));
    });
    assert_eq!(report.findings.len(), 50);
    let last: Vec<_> = report.findings[47..].iter().map(|finding| (finding.table, finding.outcome)).collect();
    let tasks = "task_state_store";
    let expected =
        [(tasks, RowOutcome::Rewritten), (tasks, RowOutcome::Skipped), ("asset_state_store", RowOutcome::Rewritten)];
    assert_eq!(last, expected);
}

#[test]
fn a_list_of_no_length_is_empty_and_says_so() {
    let report = fold(Preface { most: Most::of(0), ..preface(Mode::Scan) }, Ending::Complete, sample::found);
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

#[test]
fn every_finding_of_a_check_is_new_or_still_there_or_part_of_the_baseline() {
    let report = sample::check();
    let check = report.check.as_ref().expect("a comparison");
    let rows = check.rows;
    assert_eq!((rows.new, rows.new_errors, rows.changed, rows.still, rows.baseline), (3, 2, 1, 1, 1));
    assert_eq!((rows.gone, rows.gone_readable, rows.gone_deleted), (4, 3, 1));
    assert_eq!(rows.new + rows.still + rows.baseline, report.totals.flagged);
    assert_eq!(rows.gone + rows.still + rows.changed, 6, "all that the last check had flagged");
    let told: Vec<_> = report.findings.iter().map(|finding| finding.new).collect();
    assert_eq!(told, [Some(false), Some(true), Some(true), Some(true), None]);
    assert_eq!(check.trend.len(), 4, "three of the past, and this one");
}

#[test]
fn a_check_may_fail_for_unreadable_rows_that_are_new_and_for_nothing_else() {
    let raw = |id, novelty| sample::compared(task(id, Kind::RawText, Row::Rewritten), novelty);
    let nan = |id, novelty| sample::compared(task(id, Kind::NonFinite, Row::Reported), novelty);
    let cases = [
        (vec![], Outcome::Clean),
        (vec![raw(1, Novelty::Still), raw(2, Novelty::Unknown)], Outcome::Clean),
        (vec![nan(1, Novelty::New), nan(2, Novelty::Changed)], Outcome::Clean),
        (vec![raw(1, Novelty::New)], Outcome::Findings),
        (vec![raw(1, Novelty::Changed)], Outcome::Findings),
    ];
    for (rows, outcome) in cases {
        let report = fold(Preface { fail_on: FailOn::New, ..preface(Mode::Check) }, Ending::Complete, |events| {
            compare(events, Some(&sample::looked(tasks(), 2)));
            rows.iter().for_each(|row| flagged(events, tasks(), row.clone()));
        });
        assert_eq!(report.outcome, outcome, "{rows:?}");
    }
}

#[test]
fn numbers_alone_tell_the_least_that_is_new_and_gone() {
    let raw = |id| sample::compared(task(id, Kind::RawText, Row::Rewritten), Novelty::Unknown);
    let by_numbers = |before, now, ending| {
        let last = Looked { remembered: false, ..sample::looked(tasks(), before) };
        let report = fold(preface(Mode::Check), ending, |events| {
            compare(events, Some(&last));
            (0..now).for_each(|id| flagged(events, tasks(), raw(id)));
        });
        report.check.expect("a comparison").rows
    };
    let least = Comparison { at_least: true, ..Comparison::default() };
    let more = Comparison { new: 3, new_errors: 3, still: 5, ..least };
    assert_eq!(by_numbers(5, 8, Ending::Complete), more);
    assert_eq!(by_numbers(8, 5, Ending::Complete), Comparison { gone: 3, still: 5, ..least });
    let unknown = Comparison { baseline: 5, ..Comparison::default() };
    assert_eq!(by_numbers(8, 5, Ending::Interrupted), unknown, "nobody knows what the rest would have shown");
}

#[test]
fn what_is_new_keeps_its_place_in_a_full_list() {
    let preface = Preface { most: Most::of(40), ..preface(Mode::Check) };
    let report = fold(preface, Ending::Complete, |events| {
        compare(events, Some(&sample::looked(tasks(), 100)));
        for id in 0..100 {
            let novelty = if id % 10 == 9 { Novelty::New } else { Novelty::Still };
            flagged(events, tasks(), sample::compared(task(id, Kind::NonFinite, Row::Reported), novelty));
        }
    });
    let new = report.findings.iter().filter(|finding| finding.new == Some(true)).count();
    assert_eq!((report.findings.len(), new), (40, 10));
}

#[test]
fn the_shortest_list_of_a_check_has_the_error_that_is_new() {
    for before in [1, 30, 3_000] {
        let report = fold(Preface { most: Most::of(1), ..preface(Mode::Check) }, Ending::Complete, |events| {
            compare(events, Some(&sample::looked(tasks(), 100)));
            for id in 0..before {
                let (kind, novelty) = match id % 3 {
                    0 => (Kind::NonFinite, Novelty::New),
                    1 => (Kind::RawText, Novelty::Still),
                    _ => (Kind::DuplicateKey, Novelty::Changed),
                };
                flagged(events, tasks(), sample::compared(task(id, kind, Row::Reported), novelty));
            }
            flagged(events, tasks(), sample::compared(task(5_000, Kind::RawText, Row::Rewritten), Novelty::New));
            flagged(events, assets(), asset(7, "a", Kind::NotText, Row::Skipped(Reason::NotText)));
        });
        let listed: Vec<_> = report.findings.iter().map(|row| (row.severity, row.new)).collect();
        assert_eq!(listed, [(Some(Severity::Error), Some(true))], "behind {before} others");
    }
}

#[test]
fn a_long_list_has_the_worst_of_each_table_and_a_short_one_the_worst_of_all() {
    let listed = |most| {
        let report = fold(Preface { most: Most::of(most), ..preface(Mode::Scan) }, Ending::Complete, |events| {
            (0..1_500).for_each(|id| flagged(events, tasks(), task(id, Kind::RawText, Row::Rewritten)));
            (0..90).for_each(|id| flagged(events, assets(), asset(id, "a", Kind::DuplicateKey, Row::Reported)));
            (0..15).for_each(|id| flagged(events, assets(), asset(id, "b", Kind::NonFinite, Row::Reported)));
        });
        let of = |severity| report.findings.iter().filter(|row| row.severity == Some(severity)).count();
        assert!(report.findings_truncated);
        [Severity::Error, Severity::Warning, Severity::Notice].map(of)
    };
    assert_eq!(listed(1_000), [980, 15, 5]);
    assert_eq!(listed(200), [190, 10, 0], "places that are kept are a tenth of the list");
    assert_eq!(listed(10), [10, 0, 0]);
}

fn compare(events: &mut Collector, last: Option<&Looked>) {
    events.event(&Event::Compared { target: tasks(), last, pass: Pass::Full(Why::Wished) });
}
