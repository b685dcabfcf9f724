//! Ways to install and to run the program, tried as a user would: what is packaged is installed, and what is scheduled is
//! run.

#[path = "../support/statemend.rs"]
mod statemend;

mod airflow;
mod wheel;
