//! `kill -9` at any instant of a repair and of an undo, and at instants that are chosen for their danger.

use std::thread::sleep;
use std::time::Duration;

use crate::chance::Chance;
use crate::look::Look;
use crate::process::{End, Process};
use crate::stage::Stage;
use crate::statemend::statemend;
use crate::subject::{Stages, Subject};
use crate::support::{Engine, block_on};

on_every_engine!(a_run_killed_at_any_instant_is_finished_by_the_next);

/// How many processes must have been killed while they were at work, two hundred over the three engines.
const KILLS_OF_REPAIRS: usize = 45;
const KILLS_OF_UNDOS: usize = 22;
/// How many of them inside a chunk that had changed something.
const INSIDE_CHUNKS: usize = 34;
/// How many, again, while SQLite was at writing the file itself.
const HALF_WRITTEN: usize = 5;

/// How often one repair and one undo are killed before they may come to their end.
const KILLS_OF_ONE_REPAIR: usize = 6;
const KILLS_OF_ONE_UNDO: usize = 3;

/// Enough to reach the numbers above, even where half of the processes are faster than we are.
const ROUNDS: usize = 40;

async fn a_run_killed_at_any_instant_is_finished_by_the_next(engine: Engine) {
    let mut chance = Chance::new();
    let (subject, stages) = Subject::new(engine, 1500, 800).await;
    let mut killer = Killer { subject, chance: &mut chance, score: Score::default() };
    for _ in 0..ROUNDS {
        killer.round(&stages).await;
        if killer.score.is_enough(engine) {
            return;
        }
    }
    panic!("too few processes could be killed: {:?}", killer.score);
}

/// Only one who may write can roll back what such a death leaves behind; a repair begins by reading.
#[test]
fn a_repair_goes_on_where_sqlite_was_killed_at_writing_its_file() {
    block_on(async {
        let mut chance = Chance::new();
        let (mut subject, Stages { repair, .. }) = Subject::new(Engine::Sqlite, 1500, 0).await;
        for _ in 0..ROUNDS {
            subject.forget_journal().await;
            let mut process = Process::start(&subject.arguments(&["repair"]));
            sleep(repair.took.mul_f64(chance.draw.f64() * 0.7));
            while process.is_alive() && !subject.is_half_written() {
                sleep(Duration::from_micros(100));
            }
            let killed = matches!(process.kill(), End::Killed);
            if killed && subject.is_half_written() {
                subject.look_after_death(&repair, &["repair"]).await;
                statemend(&subject.arguments(&["repair"])).exits(0);
                return repair.check_end(&subject.look().await);
            }
            // The next attempt begins with all rows as they were.
            if let Some(run) = subject.look().await.run("repair") {
                subject.expire_leases().await;
                statemend(&subject.arguments(&["undo", &run.id])).exits(0);
            }
        }
        panic!("nobody could be killed while SQLite wrote its file");
    });
}

/// What was hit so far.
#[derive(Debug, Default)]
struct Score {
    repairs: usize,
    undos: usize,
    inside_chunks: usize,
    /// While SQLite was writing the file itself.
    half_written: usize,
}

impl Score {
    fn is_enough(&self, engine: Engine) -> bool {
        self.repairs >= KILLS_OF_REPAIRS
            && self.undos >= KILLS_OF_UNDOS
            && self.inside_chunks >= INSIDE_CHUNKS
            && (engine != Engine::Sqlite || self.half_written >= HALF_WRITTEN)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    Anywhere,
    InsideChunk,
    /// Where SQLite has begun to write the file itself.
    HalfWritten,
}

struct Killer<'k> {
    subject: Subject,
    chance: &'k mut Chance,
    score: Score,
}

impl Killer<'_> {
    /// A repair and an undo from the beginning to the end, over the dead bodies of some.
    async fn round(&mut self, Stages { repair, undo }: &Stages) {
        self.subject.forget_journal().await;
        self.score.repairs += self.finish_after(KILLS_OF_ONE_REPAIR, repair, &["repair"]).await;
        let look = self.subject.look().await;
        repair.check_end(&look);
        let run = look.run("repair").expect("a run").id.clone();
        self.score.undos += self.finish_after(KILLS_OF_ONE_UNDO, undo, &["undo", &run]).await;
        let look = self.subject.look().await;
        undo.check_end(&look);
        let undone = look.run("repair").expect("a run");
        let by = look.run("undo").map(|run| run.id.clone());
        assert_eq!((undone.state.as_str(), &undone.undone_by), ("undone", &by));
    }

    /// Kills up to so many processes at the same work, lets the next one finish it, and says how many were killed.
    async fn finish_after(&mut self, kills: usize, stage: &Stage, command: &[&str]) -> usize {
        let mut done = 0;
        for killed in 0..kills {
            let ahead = 1.0 - done as f64 / stage.changes.len() as f64;
            let Some(look) = self.strike(stage, command, ahead).await else { return killed };
            done = stage.check(&look);
            if look.run(stage.mode).is_some_and(|run| run.state == "done") {
                return killed + 1;
            }
        }
        statemend(&self.subject.arguments(command)).exits(0);
        kills
    }

    /// Kills a process that has this part of the work ahead; nothing when it came to its end before that.
    async fn strike(&mut self, stage: &Stage, command: &[&str], ahead: f64) -> Option<Look> {
        let aim = self.aim();
        // Starting up takes its time, too, however little is left to do.
        let most = if aim == Aim::Anywhere { 1.0 } else { 0.7 };
        let instant = stage.took.mul_f64(self.chance.draw.f64() * ahead.max(0.3) * most);
        let mut process = Process::start(&self.subject.arguments(command));
        sleep(instant);
        let mut hits = self.waits_for(aim, &mut process).await;
        if let End::ByItself(ran) = process.kill() {
            ran.exits(0);
            return None;
        }
        if self.subject.engine == Engine::Sqlite {
            // Here we can be certain: what was left open is still there.
            hits = hits && self.subject.has_rollback_journal();
            self.score.half_written += usize::from(self.subject.is_half_written());
        }
        let look = self.subject.look_after_death(stage, command).await;
        let run = look.run(stage.mode).filter(|run| run.is_alive);
        let at_work = run.is_some_and(|run| run.changes.len() < stage.changes.len());
        self.score.inside_chunks += usize::from(hits && at_work);
        Some(look)
    }

    fn aim(&mut self) -> Aim {
        // More than half are aimed, because some miss.
        match (self.chance.draw.u8(..6), self.subject.engine) {
            (0 | 1, _) => Aim::Anywhere,
            (2 | 3, Engine::Sqlite) => Aim::HalfWritten,
            _ => Aim::InsideChunk,
        }
    }

    /// Waits until the process is where we want it; false if it got away.
    async fn waits_for(&mut self, aim: Aim, process: &mut Process) -> bool {
        if aim == Aim::Anywhere {
            return false;
        }
        while process.is_alive() {
            let is_there = match aim {
                Aim::HalfWritten => self.subject.is_half_written(),
                _ => self.subject.is_inside_chunk().await,
            };
            if is_there {
                return true;
            }
            sleep(Duration::from_micros(100));
        }
        false
    }
}
