//! Ctrl-C twice: the process stops at once, wherever it is. One that waits with its commit is certainly inside a chunk.

use crate::chance::Chance;
use crate::process::{Patience, Process};
use crate::statemend::statemend;
use crate::subject::{Stages, Subject, hold_commits};
use crate::support::{Connection, Engine};

on_every_engine!(a_second_interrupt_stops_inside_a_chunk_and_leaves_nothing_half_done);

const INTERRUPTED_RUNS: usize = 3;
/// Some processes come to their end before anyone can hold them up.
const ATTEMPTS: usize = 20;

async fn a_second_interrupt_stops_inside_a_chunk_and_leaves_nothing_half_done(engine: Engine) {
    let mut chance = Chance::new();
    let (mut subject, Stages { repair, undo }) = Subject::new(engine, 1500, 800).await;
    let mut interrupted = 0;
    for _ in 0..ATTEMPTS {
        subject.forget_journal().await;
        let enough = chance.draw.usize(1..repair.changes.len() / 2);
        // Logging in takes longer than a chunk, so this is done before there are any.
        let mut holder = subject.another_connection().await;
        let mut process = Process::start(&subject.arguments(&["repair"]));
        if is_held_inside_chunk(&mut subject, &mut holder, &mut process, enough).await {
            let stopped = process.interrupt_twice().exits(130);
            assert_eq!(stopped.stdout, "", "whoever stops at once has nothing to report");
            drop(holder);
            let look = subject.look_after_death(&repair, &["repair"]).await;
            let run = look.run("repair").expect("a run");
            assert!(run.is_alive && run.changes.len() < repair.changes.len(), "it was stopped in the middle");
            statemend(&subject.arguments(&["repair"])).exits(0);
            interrupted += 1;
        } else {
            drop(holder);
        }
        let look = subject.look().await;
        repair.check_end(&look);
        statemend(&subject.arguments(&["undo", &look.run("repair").expect("a run").id])).exits(0);
        undo.check_end(&subject.look().await);
        if interrupted == INTERRUPTED_RUNS {
            return;
        }
    }
    panic!("only {interrupted} processes could be interrupted inside a chunk");
}

/// Waits for so many changes and holds up the next commit; false if the process came to its end before that.
async fn is_held_inside_chunk(
    subject: &mut Subject,
    holder: &mut Connection,
    process: &mut Process,
    enough: usize,
) -> bool {
    let patience = Patience::new("no chunk was committed");
    while subject.changes().await < enough {
        if !patience.allows(process) {
            return false;
        }
    }
    hold_commits(holder).await;
    let patience = Patience::new("no commit was held up");
    while !subject.is_inside_chunk().await {
        if !patience.allows(process) {
            return false;
        }
    }
    true
}
