//! Ways to install and to run the program, tried as a user would: what is packaged is installed, and what is scheduled is
//! run.

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
mod dag;
mod kubernetes;
mod night;
mod roles;
mod systemd;
mod wheel;
