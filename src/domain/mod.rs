//! What is true of values, rows and runs, whatever database or report they come from.
//!
//! Nothing in here knows sqlx, tokio, clap, a clock or a file.

pub mod finding;
pub mod reader;
