//! What people and programs get to see: folds over the engine's events, and the forms in which they are shown.
//!
//! [`collect::Collector`] folds the events of a run into a [`model::Report`], which is the JSON report; the other
//! forms are made from it and show nothing that it does not hold. [`stream::Stream`] is the exception: it writes each row
//! when it is told of, and keeps none. Nothing in here knows a database, the command
//! line, or whether anyone is watching: times, widths and colours are passed in.

pub mod assets;
mod carried;
mod carry;
mod census;
pub mod check;
mod circumstances;
pub mod collect;
pub mod columns;
mod csv;
mod distinct;
pub mod escape;
pub mod explain;
mod facts;
mod frequent;
pub mod html;
pub mod json;
mod kinds;
pub mod markdown;
pub mod metrics;
pub mod model;
mod page;
pub mod progress;
mod recent;
mod rows;
pub mod rules;
pub mod runs;
mod sentences;
mod shortlist;
pub mod stream;
pub mod suggestion;
pub mod terminal;
pub mod wording;

#[cfg(test)]
pub mod sample;

pub use page::{Colour, Page};
pub use shortlist::Most;
