//! A repair or an undo that nothing disturbs, and what that says about one that was.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::look::{Cells, Look, Run, TABLES};

/// What an undisturbed run does: from these tables to those, by these changes.
pub struct Stage {
    pub mode: &'static str,
    before: Vec<Vec<Cells>>,
    after: Vec<Vec<Cells>>,
    /// The journal's entries without the run's id, in their order.
    pub changes: Vec<Cells>,
    progress: Value,
    /// Where each row stands, by its table and its key as the journal writes them.
    places: HashMap<(String, String), (usize, usize)>,
    pub took: Duration,
}

impl Stage {
    /// Learns from the looks before and after an undisturbed run, and makes sure that its journal tells the truth:
    /// every row that is different now has one entry, with the value from before.
    pub fn learn(mode: &'static str, before: Look, after: Look, took: Duration) -> Self {
        let run = after.runs.into_iter().find(|run| run.mode == mode && run.state == "done");
        let Run { changes, progress, .. } = run.expect("the run has ended");
        let places = places(&before.tables);
        let (before, after) = (before.tables, after.tables);
        let stage = Self { mode, before, after, changes, progress, places, took };
        let mut changed: Vec<_> = stage.changes.iter().map(|entry| stage.place(entry)).collect();
        for (entry, &(table, row)) in stage.changes.iter().zip(&changed) {
            assert!(stage.before[table][row].contains(&entry[VALUE_BEFORE]), "{entry:?} tells another value");
        }
        changed.sort_unstable();
        let differs = |&&(table, row): &&(usize, usize)| stage.before[table][row] != stage.after[table][row];
        let mut places: Vec<_> = stage.places.values().filter(differs).copied().collect();
        places.sort_unstable();
        assert_eq!(changed, places, "the journal has one entry for each changed row");
        stage
    }

    /// Insists that whole chunks with their journal were done, or nothing of them, and says how many changes that is.
    pub fn check(&self, look: &Look) -> usize {
        let run = look.run(self.mode);
        let changes = run.map_or(&[][..], |run| &run.changes);
        assert!(changes.len() <= self.changes.len(), "{} entries too many", changes.len() - self.changes.len());
        let mut expected = self.before.clone();
        for (entry, undisturbed) in changes.iter().zip(&self.changes) {
            assert_eq!(entry, undisturbed, "the journal of an undisturbed {} says something else", self.mode);
            let (table, row) = self.place(entry);
            expected[table][row].clone_from(&self.after[table][row]);
        }
        for (now, expected) in look.tables.iter().flatten().zip(expected.iter().flatten()) {
            assert_eq!(now, expected, "{} entries of the {} are in the journal", changes.len(), self.mode);
        }
        assert_eq!(look.tables.iter().map(Vec::len).sum::<usize>(), self.places.len(), "no row comes or goes");
        if let Some(run) = run {
            assert_eq!(run.progress["cursor"]["seq"], changes.len(), "the cursor moves with the journal");
        }
        changes.len()
    }

    /// Insists that all is as after an undisturbed run, in the tables and in the journal.
    pub fn check_end(&self, look: &Look) {
        assert_eq!(self.check(look), self.changes.len(), "every change is made");
        let run = look.run(self.mode).expect("there is a run");
        assert_eq!((run.state.as_str(), run.is_alive), ("done", false));
        assert_eq!(run.progress, self.progress);
    }

    /// Whether another stage leads back to where this one began.
    pub fn is_reversed_by(&self, other: &Self) -> bool {
        self.after == other.before && self.before == other.after
    }

    fn place(&self, entry: &Cells) -> (usize, usize) {
        let (table, key) = (entry[TABLE].clone(), entry[ROW_KEY].clone());
        let place = table.zip(key).and_then(|name| self.places.get(&name));
        *place.unwrap_or_else(|| panic!("there is no such row: {entry:?}"))
    }
}

/// Columns of an entry.
const TABLE: usize = 1;
const ROW_KEY: usize = 2;
const VALUE_BEFORE: usize = 5;

fn places(tables: &[Vec<Cells>]) -> HashMap<(String, String), (usize, usize)> {
    let mut places = HashMap::new();
    for (table, (rows, (name, key))) in tables.iter().zip(TABLES).enumerate() {
        for (row, cells) in rows.iter().enumerate() {
            let cell = |&(column, place): &(&str, usize)| {
                let text = cells[place].clone().expect("a key");
                let value = if column == "key" { Value::from(text) } else { text.parse().expect("an integer") };
                (column.to_owned(), value)
            };
            let key = Value::Object(key.iter().map(cell).collect::<Map<_, _>>());
            places.insert((name.to_owned(), key.to_string()), (table, row));
        }
    }
    places
}
