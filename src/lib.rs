//! statemend finds the rows of Airflow's task and asset state tables that Airflow cannot read back, says why, and
//! mends them without losing anything.

pub mod domain;
