//! `kill -9` while the journal's tables are being made, which MariaDB commits one by one.

use std::thread::sleep;
use std::time::Duration;

use crate::chance::Chance;
use crate::process::{End, Process};
use crate::statemend::statemend;
use crate::subject::Subject;
use crate::support::Engine;

on_every_engine!(a_journal_that_was_being_made_when_its_maker_was_killed_is_made_whole);

/// How many processes must have been killed at their first steps.
const KILLS: usize = 8;
/// How many of them must have left a part of a journal, where the database keeps one.
const HALF_MADE: usize = 3;
const ATTEMPTS: usize = 60;

async fn a_journal_that_was_being_made_when_its_maker_was_killed_is_made_whole(engine: Engine) {
    let mut chance = Chance::new();
    let (mut subject, stages) = Subject::new(engine, 200, 100).await;
    let (mut kills, mut half_made) = (0, 0);
    for _ in 0..ATTEMPTS {
        subject.forget_journal().await;
        let mut process = Process::start(&subject.arguments(&["repair"]));
        while !subject.is_making_journal().await && process.is_alive() {
            sleep(Duration::from_micros(100));
        }
        // Half of them within the making itself, the others up to the first chunks.
        let most = if chance.draw.bool() { 8_000 } else { 50_000 };
        sleep(Duration::from_micros(chance.draw.u64(..most)));
        kills += usize::from(matches!(process.kill(), End::Killed));
        let look = subject.look_after_death(&stages.repair, &["repair"]).await;
        half_made += usize::from(subject.has_half_a_journal().await);
        if look.run("repair").is_none_or(|run| run.state != "done") {
            statemend(&subject.arguments(&["repair"])).exits(0);
        }
        let look = subject.look().await;
        stages.repair.check_end(&look);
        let run = &look.run("repair").expect("a run").id;
        statemend(&subject.arguments(&["undo", run])).exits(0);
        stages.undo.check_end(&subject.look().await);
        if kills >= KILLS && (engine != Engine::MySql || half_made >= HALF_MADE) {
            break;
        }
    }
    assert!(kills >= KILLS, "only {kills} processes were killed at their first steps");
    // The others make the journal in one transaction.
    let expected = if engine == Engine::MySql { half_made >= HALF_MADE } else { half_made == 0 };
    assert!(expected, "{half_made} journals were half made");
}
