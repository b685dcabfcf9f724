//! `kill -9` at any instant of a carry and of its undo: whole chunks of rows with their journal, or nothing of them.

use std::collections::{BTreeMap, BTreeSet};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::chance::Chance;
use crate::look::{Cells, Look};
use crate::process::{End, Process};
use crate::statemend::statemend;
use crate::subject::Subject;
use crate::support::Engine;

on_every_engine!(a_carry_killed_at_any_instant_is_finished_by_the_next);

/// How many processes must have been killed while they were at work.
const KILLS_OF_CARRIES: usize = 10;
const KILLS_OF_UNDOS: usize = 5;
/// How many of them inside a chunk that had changed something.
const INSIDE_CHUNKS: usize = 6;
const ROUNDS: usize = 20;

/// How often one carry and one undo are killed before they may come to their end.
const KILLS_OF_ONE: usize = 5;

async fn a_carry_killed_at_any_instant_is_finished_by_the_next(engine: Engine) {
    let mut chance = Chance::new();
    let mut subject = Subject::left_by(engine, 1, 700, 300).await;
    let began = Instant::now();
    statemend(&subject.arguments(&["carry"])).exits(0);
    let took = began.elapsed();
    let carried = Carried::learn(&subject.look().await);
    assert_eq!(carried.keys.len(), 1000);
    let (mut carries, mut undos) = (0, 0);
    let run = subject.look().await.run("carry").expect("a run").id.clone();
    statemend(&subject.arguments(&["undo", &run])).exits(0);
    let mut killer = Killer { subject, chance: &mut chance, took, inside: 0 };
    for _ in 0..ROUNDS {
        killer.subject.forget_journal().await;
        carries += killer.finish_after_kills("carry", &["carry"], &carried).await;
        let look = killer.subject.look().await;
        assert_eq!(carried.check(&look), carried.keys.len());
        let run = look.run("carry").expect("a run").id.clone();
        undos += killer.finish_after_kills("undo", &["undo", &run], &carried).await;
        let look = killer.subject.look().await;
        assert_eq!(carried.check(&look), 0);
        assert_eq!(look.run("carry").expect("a run").state, "undone");
        if carries >= KILLS_OF_CARRIES && undos >= KILLS_OF_UNDOS && killer.inside >= INSIDE_CHUNKS {
            return;
        }
    }
    panic!("only {carries} carries and {undos} undos were killed, {} inside a chunk", killer.inside);
}

struct Killer<'k> {
    subject: Subject,
    chance: &'k mut Chance,
    took: Duration,
    /// How many processes were killed inside a chunk.
    inside: usize,
}

impl Killer<'_> {
    /// Kills some processes at the same work, lets another one finish it, and says how many were killed.
    async fn finish_after_kills(&mut self, mode: &str, command: &[&str], carried: &Carried) -> usize {
        for killed in 0..KILLS_OF_ONE {
            if !self.strike(command).await {
                return killed;
            }
            let look = self.subject.look().await;
            carried.check(&look);
            if look.run(mode).is_some_and(|run| run.state == "done") {
                return killed + 1;
            }
            if look.runs.iter().any(|run| run.is_alive) {
                self.subject.expire_leases().await;
            }
        }
        statemend(&self.subject.arguments(command)).exits(0);
        KILLS_OF_ONE
    }

    /// Kills a process, half of the time inside a chunk; false when it came to its end before that.
    async fn strike(&mut self, command: &[&str]) -> bool {
        let instant = self.took.mul_f64(self.chance.draw.f64() * 0.8);
        let aimed = self.chance.draw.bool();
        let mut process = Process::start(&self.subject.arguments(command));
        sleep(instant);
        let mut hit = false;
        while aimed && !hit && process.is_alive() {
            hit = self.subject.is_inside_chunk().await;
        }
        match process.kill() {
            End::ByItself(ran) => {
                ran.exits(0);
                false
            }
            End::Killed => {
                self.inside += usize::from(hit);
                true
            }
        }
    }
}

/// What an undisturbed carry makes.
struct Carried {
    /// Tables and names of the rows, in the order in which they are carried.
    keys: Vec<(String, String)>,
    rows: BTreeMap<(String, String), Cells>,
}

impl Carried {
    fn learn(look: &Look) -> Self {
        let run = look.run("carry").expect("a run");
        let keys = run.changes.iter().map(key).collect();
        Self { keys, rows: rows(look) }
    }

    /// Insists that what is there is what the journals of the carry and of the undo say, and gives the number of rows.
    fn check(&self, look: &Look) -> usize {
        let [made, taken] = ["carry", "undo"].map(|mode| {
            let Some(run) = look.run(mode) else { return Vec::new() };
            assert_eq!(run.progress["cursor"]["seq"], run.changes.len(), "the cursor moves with the journal");
            run.changes.iter().map(key).collect()
        });
        assert_eq!(made, self.keys[..made.len()], "the journal of an undisturbed carry says something else");
        assert_eq!(taken, self.keys[..taken.len()]);
        let taken: BTreeSet<_> = taken.iter().collect();
        let expected: BTreeMap<_, _> =
            made.iter().filter(|key| !taken.contains(key)).map(|key| (key.clone(), self.rows[key].clone())).collect();
        assert!(rows(look) == expected, "{} rows are there, and {} are expected", rows(look).len(), expected.len());
        expected.len()
    }
}

/// Table and name of the row that an entry of the journal is about.
fn key(entry: &Cells) -> (String, String) {
    (entry[1].clone().expect("a table"), entry[2].clone().expect("a key"))
}

/// The rows of the released tables without their ids, by table and name.
fn rows(look: &Look) -> BTreeMap<(String, String), Cells> {
    let number =
        |cell: &Option<String>| -> Value { cell.as_deref().expect("a number").parse::<i64>().expect("one").into() };
    let task = |row: &Cells| {
        let name = json!({
            "dag_run_id": number(&row[1]), "task_id": row[2], "map_index": number(&row[3]), "key": row[4],
        });
        (("task_state_store".to_owned(), name.to_string()), row[1..].to_vec())
    };
    let asset = |row: &Cells| {
        let name = json!({"asset_id": number(&row[0]), "key": row[1]});
        (("asset_state_store".to_owned(), name.to_string()), row.clone())
    };
    look.tables[0].iter().map(task).chain(look.tables[1].iter().map(asset)).collect()
}
