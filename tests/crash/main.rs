//! What a database holds after the worst: a process killed at any instant, one that was told twice to stop, a full
//! disk. Whole chunks with their journal, or nothing of them; and running again finishes the job.

#[macro_use]
#[path = "../support/engines.rs"]
mod engines;
#[path = "../support/older.rs"]
mod older;
#[allow(dead_code, reason = "shared with the conformance tests")]
#[path = "../conformance/state.rs"]
mod state;
#[path = "../support/statemend.rs"]
mod statemend;
#[path = "../support/mod.rs"]
mod support;

mod carries;
mod chance;
mod first_steps;
mod full_disk;
mod interrupts;
mod kills;
mod look;
mod process;
mod stage;
mod subject;
