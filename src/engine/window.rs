//! One window of a table, judged: the step that scan and repair share.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Work;
use super::events::Flagged;
use super::flag::{Flag, Keep, Met};
use super::pacing::WindowSize;
use super::store::{Besides, Facts, Span, StoreError, Windows};
use crate::domain::census::{JsonType, Sighting};
use crate::domain::target::{Identity, Key, Target};

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
    /// Lets the size of the next windows follow the time that this one took. The last one tells nothing.
    pub fn teach(&self, size: &mut WindowSize) {
        if self.next.is_some() {
            size.learn(self.took, self.bytes, self.spotted.len());
        }
    }
}

/// Reads and judges the rows of a span.
pub(super) async fn read<W: Windows>(
    windows: &mut W,
    target: &'static Target,
    span: Span<'_>,
    work: &Work<'_>,
) -> Result<Window, StoreError> {
    let capacity = windows.capacity();
    let keep = if work.show_values { Keep::Both } else { Keep::Nothing };
    let began = Instant::now();
    let mut window = Window::default();
    let mut judge_row = |row: &dyn super::store::Row| {
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
            window.spotted.push(Spotted { key, flag, rows: window.rows, bytes: window.bytes, facts });
        }
        Ok(())
    };
    let next = windows.window(target, span, &mut judge_row).await?;
    Ok(Window { next, took: began.elapsed(), ..window })
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
pub(super) fn identified(spotted: Vec<Spotted>, identities: Vec<(Key, Identity)>) -> Vec<Flagged> {
    let mut identities: HashMap<Key, Identity> = identities.into_iter().collect();
    let flagged = |row: Spotted| {
        let identity = row.facts.map(|facts| facts.identity).or_else(|| identities.remove(&row.key));
        row.flag.into_flagged(row.key, identity)
    };
    spotted.into_iter().map(flagged).collect()
}
