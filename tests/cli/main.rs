//! What people see on the command line, pinned: help, errors, the human report, the question and the demo.
//!
//! After a wanted change, `INSTA_UPDATE=always cargo test --test cli` writes the snapshots anew.

#[path = "../support/commands.rs"]
mod commands;
#[path = "../support/statemend.rs"]
mod statemend;
#[path = "../support/mod.rs"]
mod support;

mod carry;
mod check;
mod demo;
mod errors;
mod files;
mod help;
mod manual;
mod question;
mod reports;
mod rules;
mod terminal;
mod walk_through;
