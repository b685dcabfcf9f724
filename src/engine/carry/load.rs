//! What one chunk of a carry works off, and what becomes of each row.

use super::super::events::{Event, Events, Flagged, Outcome};
use super::super::flag::{Flag, digest, kind_name};
use super::super::made::MADE;
use super::super::pacing::CHUNK_BYTES;
use super::super::store::{Candidate, Chunk, Deed, Effect, Facts, LockedRow, Namesake, StoreError};
use super::super::writer::{Done, Edit, Piece, Verdict, Writing};
use crate::domain::carry::Route;
use crate::domain::repair::Reason;
use crate::domain::run::{Progress, Tally};
use crate::domain::target::{Key, Target};

/// Neighbouring rows of an older table, as many as one chunk carries.
#[derive(Debug)]
pub(super) struct Load {
    route: &'static Route,
    /// Keys, and the lengths of the values when they were looked for.
    rows: Vec<(Key, u64)>,
}

impl Load {
    /// The first rows whose values together stay within the byte limit, but one at least. Nothing where there is none.
    pub fn of(route: &'static Route, mut rows: Vec<(Key, u64)>) -> Option<Self> {
        let mut bytes = 0u64;
        let within = |(_, length): &&(Key, u64)| {
            bytes = bytes.saturating_add(*length);
            bytes <= CHUNK_BYTES
        };
        let within = rows.iter().take_while(within).count();
        rows.truncate(within.max(1));
        (!rows.is_empty()).then_some(Self { route, rows })
    }

    /// How many rows there are.
    pub const fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    fn bytes(&self) -> u64 {
        self.rows.iter().map(|(_, length)| length).sum()
    }

    fn verdict(&self, candidate: Candidate, writing: &Writing<'_>) -> Verdict {
        let (row, from) = (&candidate.row, self.route.from);
        let flag = writing.examine(from, row);
        match standing(&candidate, flag.as_ref()) {
            Standing::Done => Verdict::default(),
            Standing::Barred(reason) => Verdict::told(left(candidate, flag, reason, writing)),
            Standing::Free if writing.made.has(&from.table, &row.key, &digest(row.value.stored().bytes())) => {
                let Verdict { edit, told } = carried(candidate, flag, writing);
                Verdict { edit: edit.map(|edit| Edit { action: MADE, ..edit }), told }
            }
            Standing::Free => carried(candidate, flag, writing),
        }
    }
}

impl Piece for Load {
    type Row = Candidate;

    fn deed(&self) -> Deed {
        Deed::Carry(self.route)
    }

    fn keys(&self) -> Vec<Key> {
        self.rows.iter().map(|(key, _)| key.clone()).collect()
    }

    async fn read(&self, chunk: &mut impl Chunk, keys: &[Key]) -> Result<Vec<Candidate>, StoreError> {
        chunk.candidates(self.route, keys).await
    }

    fn decide(&self, rows: Vec<Candidate>, writing: &Writing<'_>) -> Vec<Verdict> {
        rows.into_iter().map(|candidate| self.verdict(candidate, writing)).collect()
    }

    fn advance(&self, progress: &mut Progress) {
        progress.cursor.after = self.rows.last().map(|(key, _)| key.clone());
        let tally = progress.tallies.entry(self.route.from.table.clone()).or_default();
        let (rows_scanned, bytes_scanned) = (self.len(), self.bytes());
        tally.add(Tally { rows_scanned, bytes_scanned, ..Tally::default() });
    }

    fn split(mut self) -> Result<(Self, Self), Self> {
        if self.rows.len() < 2 {
            return Err(self);
        }
        let rows = self.rows.split_off(self.rows.len() / 2);
        Ok((Self { route: self.route, rows: self.rows }, Self { route: self.route, rows }))
    }

    fn left(&self, facts: Option<Facts>, reason: Reason) -> Option<Flagged> {
        let (key, bytes) = self.rows.first()?;
        Some(Flagged { facts, bytes: *bytes, ..Flagged::unseen(key.clone(), Outcome::Skipped(reason)) })
    }

    fn tell(self, done: Done, events: &mut impl Events) {
        let (target, rows, bytes): (&'static Target, _, _) = (self.route.from, self.len(), self.bytes());
        events.event(&Event::Carried { target, rows: done.changed });
        for row in done.told {
            events.event(&Event::Flagged { target, row });
        }
        events.event(&Event::Scanned { target, rows, bytes });
    }
}

/// Whether a row can go over.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Free,
    /// It stands there already as a carry would have written it: by an earlier one, or by hand.
    Done,
    Barred(Reason),
}

/// The newest copy of a row is its state: older ones must not come in its stead, were it that it cannot be carried.
fn standing(candidate: &Candidate, flag: Option<&Flag>) -> Standing {
    let Candidate { row, has_owner, newer, there, .. } = candidate;
    let value = row.value.stored().bytes();
    let same = |namesake: &Namesake, sha256: [u8; 32]| {
        namesake.written_at == row.written_at && digest(namesake.value.stored().bytes()) == sha256
    };
    match (has_owner, newer, there) {
        (false, _, _) => Standing::Barred(Reason::Orphan),
        (_, Some(newer), _) if same(newer, digest(value)) => Standing::Done,
        (_, Some(_), _) => Standing::Barred(Reason::Superseded),
        (_, None, Some(there)) => {
            let after = flag.and_then(|flag| flag.rewrite_sha256).unwrap_or_else(|| digest(value));
            if same(there, after) { Standing::Done } else { Standing::Barred(Reason::AlreadyThere) }
        }
        (_, None, None) => Standing::Free,
    }
}

/// A row that something is in the way of.
fn left(candidate: Candidate, flag: Option<Flag>, reason: Reason, writing: &Writing<'_>) -> Flagged {
    let row = candidate.row;
    match flag {
        Some(flag) => flag.left(reason).into_flagged(row.key, Some(row.facts)),
        None => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let value = writing.work.show_values.then(|| text(row.value.stored().bytes()));
            Flagged { value, ..Flagged::healthy(row, Outcome::Skipped(reason)) }
        }
    }
}

/// A row that nothing is in the way of but perhaps its value.
fn carried(candidate: Candidate, flag: Option<Flag>, writing: &Writing<'_>) -> Verdict {
    let Candidate { row, name, .. } = candidate;
    let Some(mut flag) = flag else { return Verdict { edit: Some(copy(&row, name, kind_name(None))), told: None } };
    let edit = match flag.outcome {
        Outcome::Skipped(_) | Outcome::Drifted(_) => None,
        Outcome::Reported => Some(copy(&row, name, flag.kind())),
        Outcome::Rewritten => writing.rewrite(&mut flag).map(|after| Edit {
            action: flag.action.name(),
            effect: effect(&row, digest(after.as_bytes()), Some(after)),
            ..copy(&row, name, flag.kind())
        }),
    };
    Verdict { edit, told: Some(flag.into_flagged(row.key, Some(row.facts))) }
}

/// The row as it is, under its name.
fn copy(row: &LockedRow, name: Key, kind: &'static str) -> Edit {
    Edit {
        key: name,
        kind: kind.into(),
        action: "carry",
        effect: effect(row, digest(row.value.stored().bytes()), None),
        written_at: row.written_at.clone(),
    }
}

fn effect(row: &LockedRow, sha256: [u8; 32], after: Option<String>) -> Effect {
    Effect::Carry { from: row.key.clone(), after, bytes: row.value.stored().bytes().len() as u64, sha256 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::generations::sample::{tables, targets};
    use crate::domain::judge::Judge;
    use crate::domain::repair::Capacity;
    use crate::domain::rules::Rules;
    use crate::domain::target::{Identity, Scalar};
    use crate::engine::Work;
    use crate::engine::made::Made;
    use crate::engine::pacing::Pace;
    use crate::engine::stop::Stop;
    use crate::engine::store::{Facts, OwnedValue};

    fn route() -> &'static Route {
        let all = [tables(2), tables(4)].concat();
        Route::out_of(targets(2)[0], &all).expect("there is a way").hold()
    }

    fn key(id: i64) -> Key {
        Key(vec![Scalar::Integer(id)])
    }

    fn load(lengths: &[u64]) -> Option<Load> {
        Load::of(route(), (1..).map(key).zip(lengths.iter().copied()).collect())
    }

    #[test]
    fn a_load_is_as_much_as_a_chunk_may_hold_and_one_row_at_least() {
        let cases: &[(&[u64], Option<u64>)] = &[
            (&[], None),
            (&[1, 2, 3], Some(3)),
            (&[CHUNK_BYTES, 1], Some(1)),
            (&[CHUNK_BYTES - 1, 1, 1], Some(2)),
            (&[CHUNK_BYTES * 9, 1], Some(1)),
            (&[1, u64::MAX, u64::MAX], Some(1)),
        ];
        for (lengths, rows) in cases {
            assert_eq!(load(lengths).map(|load| load.len()), *rows, "{lengths:?}");
        }
    }

    #[test]
    fn halves_account_for_what_the_whole_did() {
        let (first, second) = load(&[5, 6, 7]).expect("rows").split().expect("three rows are more than one");
        let mut progress = Progress::default();
        first.advance(&mut progress);
        assert_eq!(progress.cursor.after, Some(key(1)));
        second.advance(&mut progress);
        assert_eq!(progress.cursor.after, Some(key(3)));
        let tally = progress.tallies["task_state"];
        assert_eq!((tally.rows_scanned, tally.bytes_scanned), (3, 18));
        assert!(load(&[5]).expect("a row").split().is_err());
    }

    /// A value and the time at which it was written.
    type Copy<'c> = (&'c str, &'c str);

    fn candidate(
        (value, written_at): Copy<'_>,
        has_owner: bool,
        newer: Option<Copy<'_>>,
        there: Option<Copy<'_>>,
    ) -> Candidate {
        let owned = |value: &str| OwnedValue::Text(value.as_bytes().to_owned());
        let namesake =
            |(value, written_at): Copy<'_>| Namesake { value: owned(value), written_at: Some(written_at.to_owned()) };
        let facts = Facts { identity: Identity(vec![Scalar::Null; 5]), moment: None, expires_at: None };
        let row = LockedRow { key: key(1), facts, value: owned(value), written_at: Some(written_at.to_owned()) };
        let name = Key(vec![Scalar::Integer(1); 4]);
        Candidate { row, name, has_owner, newer: newer.map(namesake), there: there.map(namesake) }
    }

    #[test]
    fn a_row_goes_where_nothing_else_stands_under_its_name() {
        let (judge, rules, stop) = (Judge::default(), Rules::default(), Stop::default());
        let targets = [route().from];
        let work = Work {
            judge: &judge,
            rules: &rules,
            targets: &targets,
            shard: None,
            show_values: false,
            census: false,
            pace: Pace::default(),
            stop: &stop,
        };
        let made = Made::default();
        let writing = Writing { work: &work, made: &made, capacity: Capacity::UNLIMITED };
        let barred = Standing::Barred;
        let (one, bad) = (("1", "noon"), ("bad", "noon"));
        let cases = [
            (one, true, None, None, Standing::Free),
            (one, false, None, Some(one), barred(Reason::Orphan)),
            (one, true, None, Some(one), Standing::Done),
            (one, true, None, Some(("1", "later")), barred(Reason::AlreadyThere)),
            (one, true, None, Some(("2", "noon")), barred(Reason::AlreadyThere)),
            // What is there is compared with what a carry would write.
            (bad, true, None, Some(("\"bad\"", "noon")), Standing::Done),
            (bad, true, None, Some(bad), barred(Reason::AlreadyThere)),
            // Older rows are compared as they are.
            (bad, true, Some(bad), None, Standing::Done),
            (bad, true, Some(("\"bad\"", "noon")), None, barred(Reason::Superseded)),
            (one, true, Some(("1", "later")), Some(one), barred(Reason::Superseded)),
        ];
        for (row, has_owner, newer, there, expected) in cases {
            let candidate = candidate(row, has_owner, newer, there);
            let flag = writing.examine(route().from, &candidate.row);
            assert_eq!(standing(&candidate, flag.as_ref()), expected, "{row:?} {newer:?} {there:?}");
        }
    }
}
