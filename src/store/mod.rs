//! The databases: one order of statements for all of them, and for each dialect a driver and its own SQL.
//!
//! A [`SqlStore`] implements the engine's traits. Everything it sends stands in a transaction, reads in a read-only
//! one: a pooler in transaction mode may hand each transaction another connection, and a scan must be unable to write.

pub mod location;

mod assets;
mod carry;
mod catalog;
mod chunk;
mod connection;
mod driver;
mod error;
mod grants;
mod journal;
mod keys;
mod made;
mod migrate;
mod mysql;
mod own;
mod postgres;
mod replica;
pub mod sample;
mod source;
mod sqlite;
mod statement;
mod stored;
mod windows;

pub use catalog::{Overview, SqlStore, Wanted};
pub use driver::Access;
