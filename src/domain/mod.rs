//! What is true of values, rows and runs, whatever database or report they come from.
//!
//! Nothing in here knows sqlx, tokio, clap, a clock or a file.

mod blob;
pub mod carry;
pub mod census;
pub mod check;
pub mod decode;
pub mod encode;
pub mod finding;
pub mod generations;
pub mod json;
pub mod judge;
pub mod own;
pub mod plan;
pub mod reader;
mod reference;
pub mod repair;
pub mod rules;
pub mod run;
pub mod shape;
pub mod shard;
pub mod target;
