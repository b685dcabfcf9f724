//! statemend finds the rows of Airflow's task and asset state tables that Airflow cannot read back, says why, and
//! mends them without losing anything.
//!
//! A row's way: `store` reads a window of a table, `domain` judges each value, `engine` decides; in a repair `store`
//! then locks the flagged rows in one short transaction, reads them again, `domain` judges what is really there, and
//! rows, journal and cursor move together. `engine` tells what happened as events, and `report` folds them into what
//! people and scripts see. `cli` turns arguments into settings and puts the parts together.
//!
//! Dependencies point one way, and `tests/layers.rs` fails when they do not:
//!
//! ```text
//! domain ← engine ← { store, report } ← cli ← main
//! ```
//!
//! `store` and `report` never see each other. `domain` knows no sqlx, tokio, clap, clock or file.

pub mod cli;
pub mod domain;
pub mod engine;
pub mod report;
pub mod store;
