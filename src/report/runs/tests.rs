use super::*;
use crate::domain::run::{Progress, RunId, RunOptions};
use crate::report::Page;
use crate::report::sample::{assets, tasks, written};
use crate::report::{Colour, json};

fn run(id: &str, mode: RunMode, state: RunState) -> Run {
    let tally =
        Tally { rows_scanned: 1_204, bytes_scanned: 43_344, rewritten: 12, skipped: 1, drifted: 2, ..Tally::default() };
    let tallies = [("task_state_store".to_owned(), tally)].into();
    Run {
        id: RunId(id.to_owned()),
        mode,
        state,
        alive: false,
        options: RunOptions {
            undoes: (mode == RunMode::Undo).then(|| RunId("20261121-230000-a7bd".to_owned())),
            ..RunOptions::repair(&[tasks(), assets()])
        },
        progress: Progress { tallies, ..Progress::default() },
        tool_version: "0.1.0".to_owned(),
        host: "worker-3".to_owned(),
        user: "airflow".to_owned(),
        started_at: format!("2026-11-{}T14:45:01Z", &id[6..8]),
        heartbeat_at: "2026-11-22T14:46:02Z".to_owned(),
        finished_at: (state == RunState::Done).then(|| "2026-11-22T14:46:02Z".to_owned()),
        purged_at: None,
        undone_by: (state == RunState::Undone).then(|| RunId("20261122-090000-x2yz".to_owned())),
    }
}

fn some() -> RunsReport {
    let mut hostile = run("20261119-230000-evil", RunMode::Repair, RunState::Interrupted);
    hostile.host = "\u{1b}[2Jhost\u{202e}".repeat(9);
    RunsReport::new(&[
        hostile,
        run("20261121-230000-a7bd", RunMode::Repair, RunState::Undone),
        run("20261120-101112-qqqq", RunMode::Repair, RunState::Running),
        run("20261122-090000-x2yz", RunMode::Undo, RunState::Done),
    ])
}

fn list(report: &RunsReport, columns: u16) -> String {
    written(|out| write_list(out, report, &Page::new(Some(columns), Colour::Never)))
}

fn details(run: &Run) -> String {
    let page = Page::new(Some(100), Colour::Never);
    written(|out| write_details(out, &RunReport::new(run), &page, "--url sqlite:////srv/airflow.db"))
}

#[test]
fn runs_are_listed_newest_first() {
    insta::assert_snapshot!(list(&some(), 100));
}

#[test]
fn a_list_of_runs_is_legible_on_eighty_columns() {
    insta::assert_snapshot!(list(&some(), 80));
}

/// A run of one shard, begun and ended on these days of November.
fn of_shard(id: &str, shard: &str, state: RunState, [began, ended]: [u8; 2]) -> Run {
    let run = run(id, RunMode::Repair, state);
    Run {
        options: RunOptions { shard: shard.parse().ok(), ..run.options },
        started_at: format!("2026-11-{began:02}T14:45:01Z"),
        finished_at: (state == RunState::Done).then(|| format!("2026-11-{ended:02}T14:46:02Z")),
        ..run
    }
}

/// Three shards that were all done; the same again, of which one was killed and one is still missing; four of another
/// number; and what is not shared at all.
fn shared() -> RunsReport {
    RunsReport::new(&[
        of_shard("20261101-000000-aaaa", "1/3", RunState::Done, [1, 2]),
        of_shard("20261101-000000-bbbb", "2/3", RunState::Done, [1, 3]),
        of_shard("20261102-000000-cccc", "3/3", RunState::Done, [2, 4]),
        of_shard("20261102-120000-bbbb", "2/3", RunState::Done, [3, 3]),
        run("20261103-000000-whol", RunMode::Undo, RunState::Done),
        of_shard("20261105-000000-dddd", "1/3", RunState::Done, [5, 5]),
        of_shard("20261106-000000-eeee", "3/3", RunState::Running, [6, 6]),
        of_shard("20261107-000000-ffff", "2/4", RunState::Interrupted, [7, 7]),
    ])
}

#[test]
fn runs_that_share_the_work_stand_together_below_one_line() {
    insta::assert_snapshot!(list(&shared(), 100));
}

#[test]
fn runs_that_share_the_work_are_put_together_until_all_of_it_is_done() {
    let together: Vec<_> =
        shared().shared.into_iter().map(|group| (group.shards, group.runs.len(), group.state())).collect();
    let expected = [(4, 1, "1 interrupted, 3 missing"), (3, 2, "1 done, 1 killed, 1 missing"), (3, 4, "3 done")];
    assert_eq!(together, expected.map(|(shards, runs, state)| (shards, runs, state.to_owned())));
}

#[test]
fn the_details_of_a_shard_say_which_it_is_and_how_it_goes_on() {
    let shard = of_shard("20261107-000000-ffff", "2/4", RunState::Interrupted, [7, 7]);
    let details = details(&shard);
    assert!(details.contains("was interrupted; the same command goes on"), "{details}");
    assert!(details.contains("2/4, a part of the rows"), "{details}");
}

#[test]
fn a_journal_without_runs_says_so() {
    assert_eq!(list(&RunsReport::new(&[]), 100), "The journal knows no runs yet.\n");
}

#[test]
fn the_json_form_of_runs_keeps_its_keys() {
    let report = RunsReport::new(&[run("20261122-090000-x2yz", RunMode::Undo, RunState::Done)]);
    insta::assert_snapshot!(written(|out| json::write(out, &report)));
}

#[test]
fn the_details_of_a_repair_end_with_the_command_that_undoes_it() {
    insta::assert_snapshot!(details(&run("20261121-230000-a7bd", RunMode::Repair, RunState::Done)));
}

#[test]
fn a_run_that_cannot_be_undone_proposes_no_undo() {
    let done = run("20261121-230000-a7bd", RunMode::Repair, RunState::Done);
    let alive = Run { state: RunState::Running, alive: true, ..done.clone() };
    let purged = Run { purged_at: Some("2026-11-30T00:00:00Z".to_owned()), ..done.clone() };
    let undone = run("20261121-230000-a7bd", RunMode::Repair, RunState::Undone);
    let undo = run("20261121-230000-a7bd", RunMode::Undo, RunState::Done);
    assert!(details(&done).contains("statemend undo"));
    for run in [alive, purged, undone, undo] {
        let details = details(&run);
        assert!(!details.contains("statemend undo"), "{details}");
    }
}

#[test]
fn the_details_of_a_killed_run_say_that_the_next_one_goes_on() {
    insta::assert_snapshot!(details(&run("20261120-101112-qqqq", RunMode::Repair, RunState::Running)));
}
