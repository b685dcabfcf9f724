//! Reports for tests, made the way real ones are: by folding events.

use super::check::Earlier;
use super::collect::{Collector, Preface};
use super::model::{Database, Mode, Report, Tool};
use super::shortlist::Most;
use super::{Colour, Page, json, terminal};
use crate::domain::check::{self, Difference, Looked, Novelty, Pass, Past, Why};
use crate::domain::finding::{Finding, Kind, Severity};
pub use crate::domain::generations::sample::{assets, targets, tasks};
use crate::domain::reader::{Reading, Readings};
use crate::domain::repair::Reason;
use crate::domain::rules::Moment;
use crate::domain::run::RunId;
use crate::domain::target::{Identity, Key, Scalar, Target};
use crate::engine::Ending;
use crate::engine::events::{Counted, Event, Events, Flagged, Outcome};
use crate::engine::store::Facts;

/// When rows of assets were written; those of tasks as many hours before as their id says: 2026-11-20T02:00:00Z.
pub const WRITTEN: i64 = 1_795_140_000_000_000;
const HOUR: i64 = 3_600_000_000;
/// 2026-12-20T02:00:00Z.
const EXPIRES: i64 = WRITTEN + 30 * 24 * HOUR;

pub const RUN: &str = "20261122-144501-k3fq";

pub fn preface(mode: Mode) -> Preface {
    Preface {
        tool: Tool { name: "statemend".to_owned(), version: "0.1.0".to_owned() },
        mode,
        rules: crate::domain::rules::Rules::default(),
        removes: false,
        shard: None,
        undoes: (mode == Mode::Undo).then(|| "20261121-230000-a7bd".to_owned()),
        database: Database {
            dialect: "postgresql".to_owned(),
            url: "postgresql://airflow:***@db.internal:5432/airflow".to_owned(),
            server_version: "15.14".to_owned(),
            airflow_revision: Some("fde9ed84d07b".to_owned()),
        },
        started_at: "2026-11-22T14:45:01.000Z".to_owned(),
        most: Most::default(),
        fail_on: Severity::Error.into(),
        earlier: Earlier::default(),
    }
}

/// Folds events into a report.
pub fn fold(preface: Preface, ending: Ending, events: impl FnOnce(&mut Collector)) -> Report {
    let mut collector = Collector::new(preface);
    events(&mut collector);
    collector.finish(ending, "2026-11-22T14:45:01.412Z".to_owned())
}

pub fn started(events: &mut Collector) {
    events.event(&Event::RunStarted { run: &RunId(RUN.to_owned()), resumed: false });
}

pub fn scanned(events: &mut Collector, target: &'static Target, rows: u64) {
    events.event(&Event::TableStarted { target, rows: Some(rows) });
    events.event(&Event::Scanned { target, rows, bytes: rows * 36 });
}

pub fn flagged(events: &mut Collector, target: &'static Target, row: Flagged) {
    events.event(&Event::Flagged { target, row });
}

/// A row of the task table: the `id`th, of a task instance of its own unless changed.
pub fn task(id: i64, kind: Kind, outcome: Outcome) -> Flagged {
    let identity = [
        Scalar::Text("sales_daily".to_owned()),
        Scalar::Text("scheduled__2026-11-21T00:00:00+00:00".to_owned()),
        Scalar::Text(format!("load_{id}")),
        Scalar::Integer(if id % 2 == 0 { -1 } else { id }),
        Scalar::Text("cursor".to_owned()),
    ];
    let row = row(Key(vec![Scalar::Integer(id)]), Identity(identity.to_vec()), kind, outcome);
    let facts = |facts| Facts { moment: Some(WRITTEN - id * HOUR), expires_at: (id == 2).then_some(EXPIRES), ..facts };
    Flagged { facts: row.facts.map(facts), ..row }
}

/// A row of the asset table.
pub fn asset(id: i64, key: &str, kind: Kind, outcome: Outcome) -> Flagged {
    let text = |text: &str| Scalar::Text(text.to_owned());
    let identity = vec![
        Scalar::Integer(id),
        text(key),
        text("task"),
        text("sales_daily"),
        text("manual__2026-11-21"),
        text("publish"),
        Scalar::Integer(-1),
    ];
    row(Key(vec![Scalar::Integer(id), text(key)]), Identity(identity), kind, outcome)
}

fn row(key: Key, identity: Identity, kind: Kind, outcome: Outcome) -> Flagged {
    let (reading, message) = match kind.severity() {
        Severity::Error => (Reading::Error, "Expecting value: line 1 column 1 (char 0)"),
        Severity::Warning => (Reading::Altered, "reads as null"),
        Severity::Notice => (Reading::Ok, "the key is repeated"),
    };
    let finding = Finding { kind, readings: Readings::both(reading), message: message.to_owned(), offset: Some(0) };
    Flagged {
        key,
        facts: Some(Facts { identity, moment: Some(WRITTEN), expires_at: None }),
        finding: Some(finding),
        rule: None,
        novelty: None,
        bytes: 36,
        sha256: [0xab; 32],
        rewrite_sha256: None,
        action: kind.default_action(),
        outcome,
        value: None,
        rewrite: None,
    }
}

/// Two tables with a bit of everything.
pub fn found(events: &mut Collector) {
    scanned(events, tasks(), 1_000);
    flagged(events, tasks(), task(1, Kind::DuplicateKey, Outcome::Reported));
    flagged(events, tasks(), task(2, Kind::RawText, Outcome::Rewritten));
    flagged(events, tasks(), task(3, Kind::BareReference, Outcome::Rewritten));
    flagged(events, tasks(), task(5, Kind::NonFinite, Outcome::Reported));
    events.event(&Event::Lists { target: tasks(), counted: Counted { lists: 2, rows: 14, unreadable: 2 } });
    scanned(events, assets(), 204);
    flagged(events, assets(), asset(7, "watermark", Kind::RawText, Outcome::Rewritten));
    flagged(events, assets(), asset(7, "blob", Kind::NotText, Outcome::Skipped(Reason::NotText)));
}

pub fn scan() -> Report {
    fold(preface(Mode::Scan), Ending::Complete, found)
}

/// A carry out of two older tables, with a bit of everything.
pub fn carried(events: &mut Collector) {
    let [tasks, assets] = targets(2);
    scanned(events, tasks, 1_204);
    events.event(&Event::Carried { target: tasks, rows: 1_150 });
    flagged(events, tasks, task(1, Kind::DuplicateKey, Outcome::Reported));
    flagged(events, tasks, task(2, Kind::RawText, Outcome::Rewritten));
    flagged(events, tasks, task(3, Kind::RawText, Outcome::Skipped(Reason::AlreadyThere)));
    for (id, reason) in [(4, Reason::AlreadyThere), (5, Reason::Superseded), (6, Reason::Orphan)] {
        let row = task(id, Kind::RawText, Outcome::Skipped(reason));
        flagged(events, tasks, Flagged { finding: None, ..row });
    }
    scanned(events, assets, 3);
    events.event(&Event::Carried { target: assets, rows: 2 });
    flagged(events, assets, asset(7, "blob", Kind::NotText, Outcome::Skipped(Reason::NotText)));
}

pub fn undo_with_drift() -> Report {
    fold(preface(Mode::Undo), Ending::Complete, |events| {
        started(events);
        events.event(&Event::TableStarted { target: tasks(), rows: Some(1_204) });
        events.event(&Event::PutBack { target: tasks(), changes: 1_204, rows: 1_202 });
        let mut written = task(4, Kind::RawText, Outcome::Drifted(Reason::WrittenSince));
        written.finding = None;
        events.event(&Event::Flagged { target: tasks(), row: written });
        let mut gone = task(6, Kind::RawText, Outcome::Drifted(Reason::Gone));
        (gone.finding, gone.facts) = (None, None);
        events.event(&Event::Flagged { target: tasks(), row: gone });
    })
}

/// The JSON form.
pub fn json(report: &Report) -> String {
    written(|out| json::write(out, report))
}

/// The human form on so many columns, without colours.
pub fn human(report: &Report, columns: u16) -> String {
    let page = Page::new(Some(columns), Colour::Never);
    written(|out| terminal::write(out, report, &page, Some("--url postgresql://airflow@db.internal/airflow")))
}

/// What something writes.
pub fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).expect("writing to memory does not fail");
    String::from_utf8(out).expect("reports are text")
}

/// What a check the night before knew of a table, in which it had flagged so many rows, all of them errors.
pub fn looked(target: &'static Target, flagged: u64) -> Looked {
    let night = Moment(1_795_312_801_000_000);
    Looked { checked_at: night, full_at: night, flagged, errors: flagged, ..check::sample::looked(target) }
}

/// A row as a check compares it.
pub fn compared(row: Flagged, novelty: Novelty) -> Flagged {
    Flagged { novelty: Some(novelty), ..row }
}

/// A check of two tables, of which the last one had seen only the first.
pub fn check() -> Report {
    let raw = |id| task(id, Kind::RawText, Outcome::Rewritten);
    let past = |day: i64, errors, new, gone| Past {
        at: Moment(1_795_312_801_000_000 + (day - 1) * 86_400_000_000),
        scope: "0".to_owned(),
        full: day != 0,
        rows_scanned: 1_000,
        errors,
        warnings: 1,
        notices: 0,
        new,
        gone,
    };
    let differences = vec![
        Difference::Joined(assets().table.clone()),
        Difference::Limit { was: Some(65_535), is: None },
        Difference::Rules,
        Difference::Release { was: "0.0.9".to_owned() },
    ];
    let earlier = Earlier { differences, history: vec![past(-1, 0, 0, 0), past(0, 3, 3, 0), past(1, 4, 1, 0)] };
    fold(Preface { earlier, ..preface(Mode::Check) }, Ending::Complete, |events| {
        let pass = Pass::Full(Why::Wished);
        events.event(&Event::Compared { target: tasks(), last: Some(&looked(tasks(), 6)), pass });
        scanned(events, tasks(), 1_000);
        flagged(events, tasks(), compared(raw(2), Novelty::Still));
        flagged(events, tasks(), compared(raw(3), Novelty::New));
        flagged(events, tasks(), compared(raw(5), Novelty::Changed));
        flagged(events, tasks(), compared(task(6, Kind::NonFinite, Outcome::Reported), Novelty::New));
        events.event(&Event::Gone { target: tasks(), readable: 3, deleted: 1 });
        events.event(&Event::Compared { target: assets(), last: None, pass: Pass::Full(Why::First) });
        scanned(events, assets(), 204);
        flagged(events, assets(), compared(asset(7, "a", Kind::RawText, Outcome::Rewritten), Novelty::Unknown));
        events.event(&Event::Gone { target: assets(), readable: 0, deleted: 0 });
    })
}

/// A check of rows that were written since the last one.
pub fn incremental_check(found: &[Flagged]) -> Report {
    fold(preface(Mode::Check), Ending::Complete, |events| {
        let since = Pass::Since(Moment(1_795_309_201_000_000));
        events.event(&Event::Compared { target: tasks(), last: Some(&looked(tasks(), 1)), pass: since });
        scanned(events, tasks(), 12);
        for row in found {
            flagged(events, tasks(), row.clone());
        }
        events.event(&Event::Gone { target: tasks(), readable: 1, deleted: 0 });
    })
}
