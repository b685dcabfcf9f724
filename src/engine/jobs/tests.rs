//! Whole scans of a table that is made up, by jobs of which each takes its time, fails, or panics as it is told.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::events::Flagged;
use super::super::made::Made;
use super::super::scan::scan;
use super::super::store::{EachRow, Facts, Known, Reconnect, Row, Source};
use super::super::{Ending, store};
use super::*;
use crate::domain::generations::sample::targets;
use crate::domain::judge::Stored;
use crate::domain::repair::Capacity;
use crate::domain::target::Scalar;

const ROWS: i64 = 20_000;

/// Tables with ids from 1 to [`ROWS`], of which every tenth holds a value that is not JSON.
#[derive(Clone, Default)]
struct MadeUp {
    /// Ids that panic where they are read, or fail once, or always.
    panics: Option<i64>,
    contended: Arc<Mutex<BTreeSet<i64>>>,
    denied: Option<i64>,
    /// An id that nobody ever gets to read, for somebody else's lock.
    locked: Option<i64>,
    /// More rows than these are too many at once.
    most: Option<usize>,
    /// Stops the work when this id is read.
    stops: Option<(i64, Stop)>,
    /// How long it takes to say whose rows are.
    far: Duration,
    seen: Arc<Mutex<Seen>>,
}

/// What it was asked and has answered.
#[derive(Default)]
struct Seen {
    windows: usize,
    questions: usize,
}

struct MadeUpRow(i64);

impl Row for MadeUpRow {
    fn value(&self) -> Stored<'_> {
        Stored::Text(if self.0 % 10 == 0 { b"bad" } else { b"1" })
    }

    fn key(&self) -> Result<Key, StoreError> {
        Ok(Key(vec![Scalar::Integer(self.0)]))
    }

    fn facts(&self) -> Result<Option<Facts>, StoreError> {
        Ok(None)
    }
}

impl MadeUp {
    fn ids(span: Span<'_>) -> impl Iterator<Item = i64> {
        let id = |key: &Key| key.0[0].as_integer().expect("an id");
        (span.after.map_or(0, id) + 1..=id(span.until)).take(span.rows as usize)
    }

    /// Waits until no window has been read for a while: all jobs are as far ahead as they may be.
    fn until_nobody_reads(&self) {
        let windows = || self.seen.lock().unwrap_or_else(PoisonError::into_inner).windows;
        let (mut before, mut still) = (0, 0);
        while still < 5 {
            std::thread::sleep(Duration::from_millis(10));
            let now = windows();
            still = if now > 0 && now == before { still + 1 } else { 0 };
            before = now;
        }
    }

    /// Whether something is in the way of a window.
    fn trouble(&self, span: Span<'_>) -> Result<(), StoreError> {
        for id in Self::ids(span) {
            assert!(self.panics != Some(id), "a panic that was asked for");
            if self.contended.lock().unwrap_or_else(PoisonError::into_inner).remove(&id) {
                return Err(StoreError::new(Trouble::Contended, "someone else's lock"));
            }
            if self.locked == Some(id) {
                return Err(StoreError::new(Trouble::Contended, "a lock that stays"));
            }
            if self.denied == Some(id) {
                return Err(StoreError::new(Trouble::Denied, "this row is nobody's business"));
            }
            if let Some((_, stop)) = self.stops.as_ref().filter(|(stops, _)| *stops == id) {
                stop.request();
            }
        }
        Ok(())
    }
}

impl Reconnect for MadeUp {
    async fn reconnect(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Windows for MadeUp {
    async fn window(
        &mut self,
        _: &'static Target,
        span: Span<'_>,
        each: &mut EachRow<'_>,
    ) -> Result<Option<Key>, StoreError> {
        tokio::time::sleep(Duration::from_micros(fastrand::u64(0..2_000))).await;
        self.trouble(span)?;
        if self.most.is_some_and(|most| Self::ids(span).nth(most).is_some()) {
            return Err(StoreError::new(Trouble::Contended, "the statement takes too long"));
        }
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).windows += 1;
        let (mut seen, mut last) = (0, None);
        for id in Self::ids(span) {
            each(&MadeUpRow(id))?;
            (seen, last) = (seen + 1, Some(id));
        }
        Ok(last.filter(|_| seen == span.rows).map(|id| Key(vec![Scalar::Integer(id)])))
    }

    async fn boundary(&mut self, _: &'static Target, span: Span<'_>) -> Result<Option<Key>, StoreError> {
        let last = Self::ids(span).nth(span.rows as usize - 1);
        Ok(last.map(|id| Key(vec![Scalar::Integer(id)])))
    }
}

impl Known for MadeUp {
    fn made(&self) -> Arc<Made> {
        Arc::default()
    }

    fn capacity(&self) -> Capacity {
        Capacity::UNLIMITED
    }
}

impl Source for MadeUp {
    type Windows = Self;

    fn windows(&self) -> Self {
        self.clone()
    }

    async fn recall(&mut self, _: &[&'static Target]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn last_key(&mut self, _: &'static Target) -> Result<Option<Key>, StoreError> {
        Ok(Some(Key(vec![Scalar::Integer(ROWS)])))
    }

    async fn estimate(&mut self, _: &'static Target) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    async fn look_up(&mut self, _: &'static Target, _: &[Key], _: &mut EachRow<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn identify(&mut self, _: &'static Target, _: &[Key]) -> Result<Vec<(Key, Facts)>, StoreError> {
        tokio::time::sleep(self.far).await;
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).questions += 1;
        Ok(Vec::new())
    }

    async fn count_rows_of_lists(&mut self, _: &'static Target, _: &[&[Scalar]]) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// What a scan told.
#[derive(Debug, Default, PartialEq)]
struct Told {
    tables: Vec<String>,
    flagged: Vec<(String, i64)>,
    rows: u64,
}

impl Events for Told {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::TableStarted { target, .. } => self.tables.push(target.table.clone()),
            Event::Flagged { target, row: Flagged { key, .. } } => {
                self.flagged.push((target.table.clone(), key.0[0].as_integer().expect("an id")));
            }
            Event::Scanned { rows, .. } => self.rows += rows,
            _ => {}
        }
    }
}

fn scanned(source: &MadeUp, jobs: u32, stop: &Stop) -> (Result<Ending, StoreError>, Told) {
    let (judge, rules) = (Judge::default(), Rules::default());
    let tables = [targets(4)[0], targets(3)[0]];
    let pace = Pace { jobs: NonZero::new(jobs).expect("a job"), ..Pace::default() };
    let (shard, show_values, census) = (None, false, false);
    let work = Work { judge: &judge, rules: &rules, targets: &tables, shard, show_values, census, pace, stop };
    let mut told = Told::default();
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    (runtime.block_on(scan(&mut source.clone(), &work, &mut told)), told)
}

/// Every tenth id of both tables, one table after the other.
fn all_bad() -> Vec<(String, i64)> {
    let ids = |table: &'static str| (10..=ROWS).step_by(10).map(move |id| (table.to_owned(), id));
    ids("task_state_store").chain(ids("task_store")).collect()
}

#[test]
fn jobs_tell_the_same_in_the_same_order_however_many_they_are() {
    for jobs in [1, 2, 4, 13] {
        let source = MadeUp { contended: Arc::new(Mutex::new([70, 2_500, 4_999].into())), ..MadeUp::default() };
        let (ending, told) = scanned(&source, jobs, &Stop::default());
        assert_eq!(ending.expect("a scan"), Ending::Complete);
        assert_eq!(told.tables, ["task_state_store", "task_store"]);
        assert_eq!(told.rows, 2 * ROWS.unsigned_abs(), "{jobs} jobs");
        assert!(told.flagged == all_bad(), "{jobs} jobs tell {} rows", told.flagged.len());
    }
}

#[test]
fn windows_that_pile_up_behind_a_slow_question_are_asked_about_together() {
    for jobs in [1, 4] {
        let source = MadeUp { far: Duration::from_millis(100), ..MadeUp::default() };
        let (ending, told) = scanned(&source, jobs, &Stop::default());
        assert_eq!(ending.expect("a scan"), Ending::Complete);
        assert!(told.flagged == all_bad(), "{jobs} jobs tell {} rows", told.flagged.len());
        assert_eq!(told.rows, 2 * ROWS.unsigned_abs());
        let seen = source.seen.lock().expect("nobody panicked");
        assert!(seen.questions < seen.windows, "{} questions, {} windows", seen.questions, seen.windows);
    }
}

#[test]
fn a_window_that_is_too_much_is_read_in_smaller_ones() {
    for jobs in [1, 4] {
        let source = MadeUp { most: Some(5_000), ..MadeUp::default() };
        let (ending, told) = scanned(&source, jobs, &Stop::default());
        assert_eq!(ending.expect("a scan"), Ending::Complete);
        assert_eq!(told.flagged, all_bad(), "{jobs} jobs");
        assert_eq!(told.rows, 2 * ROWS.unsigned_abs(), "rows of both tables");
    }
}

#[test]
fn a_failure_of_one_job_ends_the_scan_with_it() {
    for jobs in [1, 4] {
        let source = MadeUp { denied: Some(3_333), ..MadeUp::default() };
        let (ending, told) = scanned(&source, jobs, &Stop::default());
        assert_eq!(ending.expect_err("a failure").trouble, store::Trouble::Denied);
        assert!(told.flagged.len() <= 333 && all_bad().starts_with(&told.flagged), "{jobs} jobs");
    }
}

#[test]
fn a_job_that_panics_is_not_taken_for_one_that_is_done() {
    for jobs in [1, 4] {
        let source = MadeUp { panics: Some(3_333), ..MadeUp::default() };
        let panic = catch_unwind(AssertUnwindSafe(|| scanned(&source, jobs, &Stop::default())));
        let panic = panic.expect_err("the scan panics, too");
        assert_eq!(panic.downcast_ref(), Some(&"a panic that was asked for"), "{jobs} jobs");
    }
}

#[test]
fn a_wish_to_stop_is_heard_while_one_job_waits_for_a_lock_and_the_others_for_it() {
    for jobs in [1, 2, 4] {
        let (stop, (sender, ended)) = (Stop::default(), std::sync::mpsc::channel());
        let source = MadeUp { locked: Some(70), ..MadeUp::default() };
        let (theirs, waiting) = (stop.clone(), source.clone());
        std::thread::spawn(move || {
            sender.send(scanned(&source, jobs, &theirs).0.expect("a scan")).ok();
        });
        waiting.until_nobody_reads();
        stop.request();
        assert_eq!(ended.recv_timeout(Duration::from_secs(20)), Ok(Ending::Interrupted), "{jobs} jobs");
    }
}

#[test]
fn a_scan_that_is_stopped_has_told_everything_up_to_some_row() {
    for jobs in [1, 4] {
        let stop = Stop::default();
        let source = MadeUp { stops: Some((100, stop.clone())), ..MadeUp::default() };
        let (ending, told) = scanned(&source, jobs, &stop);
        assert_eq!(ending.expect("a scan"), Ending::Interrupted);
        assert!(told.rows > 0 && told.rows < ROWS.unsigned_abs());
        assert_eq!(told.flagged, all_bad()[..told.flagged.len()]);
        assert_eq!(told.flagged.len() as u64, told.rows / 10, "{jobs} jobs");
    }
}
