//! What people and programs get to see: folds over the engine's events, and the forms in which they are shown.
//!
//! [`collect::Collector`] folds the events of a run into a [`model::Report`], which is the JSON report; the other
//! forms are made from it and show nothing that it does not hold. Nothing in here knows a database, the command
//! line, or whether anyone is watching: times, widths and colours are passed in.

mod carry;
mod census;
pub mod collect;
mod distinct;
pub mod escape;
pub mod explain;
pub mod json;
pub mod model;
mod page;
pub mod progress;
pub mod rules;
pub mod runs;
mod shortlist;
pub mod suggestion;
pub mod terminal;
pub mod wording;

#[cfg(test)]
mod sample;

pub use page::{Colour, Page};
