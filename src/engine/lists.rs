//! What reads well and hides all the same: rows in lists that cannot be read because of another row in them.
//!
//! The windows of a scan do not say whose their healthy rows are, and to ask the database about every list could cost
//! more than the scan. So at most [`ASKED`] lists of a table are asked about when it has been read: all that were met
//! where they are no more, else those whose hashes are smallest. Which lists these are does not depend on how many bad
//! rows a list has or when it is met, so they are a fair sample, and a list that is in it at the end was in it from its
//! first row on: its unreadable rows are all counted.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::Work;
use super::events::{Counted, Event, Events, Flagged};
use super::halt::Halt;
use super::patience::insist;
use super::store::Source;
use crate::domain::target::{Scalar, Target};

/// How many lists of a table are asked about: few enough that the answer takes no time beside the scan.
const ASKED: usize = 128;

/// The lists of one table that some row keeps from being read.
#[derive(Debug, Default)]
pub(super) struct Lists {
    smallest: BTreeMap<u64, List>,
}

#[derive(Debug)]
struct List {
    name: Vec<Scalar>,
    unreadable: u64,
}

impl Events for Lists {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::Flagged { target, row } = event {
            self.add(target, row);
        }
    }
}

impl Lists {
    fn add(&mut self, target: &Target, row: &Flagged) {
        let breaks = row.finding.as_ref().is_some_and(|finding| finding.readings.break_list());
        let identity = row.identity().filter(|_| breaks);
        let Some(name) = identity.and_then(|identity| target.list(identity)) else { return };
        if name.contains(&Scalar::Null) {
            return;
        }
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let list = self.smallest.entry(hasher.finish());
        list.or_insert_with(|| List { name: name.to_owned(), unreadable: 0 }).unreadable += 1;
        if self.smallest.len() > ASKED {
            self.smallest.pop_last();
        }
    }

    /// Asks the database how many rows the lists have.
    pub async fn count<S: Source>(
        &self,
        source: &mut S,
        target: &'static Target,
        work: &Work<'_>,
        events: &mut impl Events,
    ) -> Result<(), Halt> {
        let names: Vec<&[Scalar]> = self.smallest.values().map(|list| list.name.as_slice()).collect();
        if names.is_empty() {
            return Ok(());
        }
        let ask = async |source: &mut S| source.count_rows_of_lists(target, &names).await;
        let counted = Counted {
            lists: names.len() as u64,
            rows: insist(source, work, events, ask).await?,
            unreadable: self.smallest.values().map(|list| list.unreadable).sum(),
        };
        events.event(&Event::Lists { target, counted });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::{Finding, Kind};
    use crate::domain::generations::sample::tasks;
    use crate::domain::reader::{Reading, Readings};
    use crate::domain::target::{Identity, Key};
    use crate::engine::events::Outcome;
    use crate::engine::store::Facts;

    fn row(task: usize, reading: Reading) -> Flagged {
        let text = |text: &str| Scalar::Text(text.to_owned());
        let task = text(&format!("task {task}"));
        let identity = Identity(vec![text("dag"), text("run"), task, Scalar::Integer(-1), text("key")]);
        let readings = Readings::both(reading);
        let finding = Finding { kind: Kind::RawText, readings, message: String::new(), offset: None };
        Flagged {
            facts: Some(Facts { identity, moment: None, expires_at: None }),
            finding: Some(finding),
            ..Flagged::unseen(Key(Vec::new()), Outcome::Reported)
        }
    }

    #[test]
    fn a_list_counts_once_with_all_of_its_unreadable_rows() {
        let mut lists = Lists::default();
        for (task, reading) in [(1, Reading::Error), (2, Reading::Altered), (1, Reading::Error), (3, Reading::Error)] {
            lists.add(tasks(), &row(task, reading));
        }
        let mut unreadable: Vec<u64> = lists.smallest.values().map(|list| list.unreadable).collect();
        unreadable.sort_unstable();
        assert_eq!(unreadable, [1, 2]);
    }

    #[test]
    fn of_many_lists_a_sample_is_kept_with_every_unreadable_row_of_each() {
        let mut lists = Lists::default();
        for task in (0..ASKED * 5).chain((0..ASKED * 5).rev()) {
            lists.add(tasks(), &row(task, Reading::Error));
        }
        assert_eq!(lists.smallest.len(), ASKED);
        assert!(lists.smallest.values().all(|list| list.unreadable == 2));
    }
}
