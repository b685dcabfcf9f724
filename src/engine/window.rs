//! One window of a table, judged: the step that scan and repair share.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Work;
use super::events::Flagged;
use super::flag::{Flag, Keep, Met};
use super::made::Made;
use super::pacing::{Read, WindowSize};
use super::store::{Besides, Facts, Known, Row, Source, Span, StoreError, Trouble, Windows};
use crate::domain::census::{JsonType, Sighting};
use crate::domain::repair::Capacity;
use crate::domain::target::{Key, Target};

/// A flagged row of a window, and how far the window had come with it.
#[derive(Clone, Debug)]
pub(super) struct Spotted {
    pub key: Key,
    pub flag: Flag,
    /// Rows and bytes of the window up to and with this row.
    pub rows: u64,
    pub bytes: u64,
    /// Whose it is, where the window said so.
    pub facts: Option<Facts>,
}

/// A window that was read and judged.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The flagged rows, in key order.
    pub spotted: Vec<Spotted>,
    /// All rows, where a census is taken.
    pub sightings: Vec<Sighting>,
    pub rows: u64,
    pub bytes: u64,
    /// Where the next window begins, or nothing where this was the last.
    pub next: Option<Key>,
    /// How long reading and judging took.
    pub took: Duration,
}

impl Window {
    /// What reading it cost.
    pub const fn read(&self) -> Read {
        Read { rows: self.rows, bytes: self.bytes, flagged: self.spotted.len(), took: self.took }
    }

    /// Adds the window behind this one.
    pub fn append(&mut self, behind: Self) {
        let (rows, bytes) = (self.rows, self.bytes);
        let further = |row: Spotted| Spotted { rows: rows + row.rows, bytes: bytes + row.bytes, ..row };
        self.spotted.extend(behind.spotted.into_iter().map(further));
        self.sightings.extend(behind.sightings);
        self.rows += behind.rows;
        self.bytes += behind.bytes;
        self.took += behind.took;
        self.next = behind.next;
    }
}

/// Reads and judges the rows of a span.
pub(super) async fn read<W: Windows>(
    windows: &mut W,
    target: &'static Target,
    span: Span<'_>,
    work: &Work<'_>,
) -> Result<Window, StoreError> {
    let mut judging = Judging::of(target, windows, work, WindowSize::MOST_BYTES);
    let next = match windows.window(target, span, &mut |row| judging.take(row)).await {
        // What was read is judged, and the next window begins behind it.
        Err(error) if error.trouble == Trouble::Overfull => judging.last.take(),
        next => next?,
    };
    Ok(Window { next, ..judging.end() })
}

/// Reads and judges the rows with these keys. Those that are gone are missing.
pub(super) async fn look_up<S: Source>(
    source: &mut S,
    target: &'static Target,
    keys: &[Key],
    work: &Work<'_>,
) -> Result<Window, StoreError> {
    let mut judging = Judging::of(target, source, work, u64::MAX);
    source.look_up(target, keys, &mut |row| judging.take(row)).await?;
    Ok(judging.end())
}

/// A window into which rows are judged one by one.
struct Judging<'j> {
    target: &'static Target,
    capacity: Capacity,
    made: Arc<Made>,
    work: &'j Work<'j>,
    keep: Keep,
    /// With more bytes it ends, wherever it is.
    most_bytes: u64,
    /// The row with which it has ended so.
    last: Option<Key>,
    began: Instant,
    window: Window,
}

impl<'j> Judging<'j> {
    fn of(target: &'static Target, known: &impl Known, work: &'j Work<'j>, most_bytes: u64) -> Self {
        let keep = if work.show_values { Keep::Both } else { Keep::Nothing };
        let (capacity, made) = (known.capacity(), known.made());
        Self {
            target,
            capacity,
            made,
            work,
            keep,
            most_bytes,
            last: None,
            began: Instant::now(),
            window: Window::default(),
        }
    }

    fn take(&mut self, row: &dyn Row) -> Result<(), StoreError> {
        let Self { target, capacity, work, keep, most_bytes, ref made, ref mut window, .. } = *self;
        let value = row.value();
        window.rows += 1;
        window.bytes += value.bytes().len() as u64;
        let facts = if work.besides() == Besides::Facts { row.facts()? } else { None };
        let flag = Flag::examine(work, Met { target, value, facts: facts.as_ref(), capacity }, keep);
        if let Some(facts) = facts.as_ref().filter(|_| work.census) {
            let finding = flag.as_ref().and_then(|flag| flag.finding.as_ref());
            let severity = finding.map(|finding| target.reader.severity(finding.kind));
            window.sightings.extend(sighting(target, facts, JsonType::of(value.bytes(), severity)));
        }
        if let Some(flag) = flag {
            let (key, facts) = (row.key()?, facts.map_or_else(|| row.facts(), |facts| Ok(Some(facts)))?);
            let flag = flag.unless_made(made, target, &key);
            window.spotted.extend(flag.map(|flag| Spotted {
                key,
                flag,
                rows: window.rows,
                bytes: window.bytes,
                facts,
            }));
        }
        if window.bytes > most_bytes {
            self.last = Some(row.key()?);
            let what = format!("rows of {} are too wide to read all of a window at once", target.table);
            return Err(StoreError::new(Trouble::Overfull, what));
        }
        Ok(())
    }

    fn end(self) -> Window {
        Window { took: self.began.elapsed(), ..self.window }
    }
}

/// A row for the census, where it has a name.
fn sighting(target: &Target, facts: &Facts, holds: JsonType) -> Option<Sighting> {
    let key = target.name_of(&facts.identity)?.to_owned();
    Some(Sighting { key, holds, moment: facts.moment })
}

/// The keys of flagged rows of which the window did not say whose they are.
pub(super) fn unidentified(spotted: &[Spotted]) -> Vec<Key> {
    spotted.iter().filter(|row| row.facts.is_none()).map(|row| row.key.clone()).collect()
}

/// Puts flagged rows and what was learned of whose they are together.
pub(super) fn identified(spotted: Vec<Spotted>, facts: Vec<(Key, Facts)>) -> Vec<Flagged> {
    let mut facts: HashMap<Key, Facts> = facts.into_iter().collect();
    let flagged = |row: Spotted| {
        let facts = row.facts.or_else(|| facts.remove(&row.key));
        row.flag.into_flagged(row.key, facts)
    };
    spotted.into_iter().map(flagged).collect()
}
