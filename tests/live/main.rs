//! statemend next to others that work on the same rows at the same time, on real servers.
//!
//! The writers are Airflow's own; `orders.py` and what it imports is the part that runs in it. What was measured goes
//! to standard error, for `--nocapture`.

#[macro_use]
#[path = "../support/engines.rs"]
mod engines;
#[path = "../support/environment.rs"]
mod environment;
#[path = "../support/statemend.rs"]
mod statemend;
#[path = "../support/mod.rs"]
mod support;

mod airflow;

mod statistics;
mod transactions;
mod writers;
