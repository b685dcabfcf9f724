//! The same assertions on SQLite, PostgreSQL and MariaDB, each test in a database of its own.

#[macro_use]
#[path = "../support/engines.rs"]
mod engines;
#[path = "../support/commands.rs"]
mod commands;
#[path = "../support/environment.rs"]
mod environment;
#[path = "../support/older.rs"]
mod older;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/statemend.rs"]
mod statemend;
#[path = "../support/mod.rs"]
mod support;

mod access;
mod carry;
mod census;
mod check;
mod facts;
mod generations;
mod holding;
mod jobs;
mod keys;
mod locks;
mod memory;
mod plan;
mod repair;
mod resume;
mod rules;
mod runs;
mod scan;
mod secrets;
mod shards;
mod state;
mod targets;
mod undo;
