//! statemend next to others that work on the same rows at the same time, on real servers.
//!
//! The writers are Airflow's own; `orders.py` and what it imports is the part that runs in it. What was measured goes
//! to standard error, for `--nocapture`.

#[path = "../support/statemend.rs"]
mod statemend;
#[path = "../support/mod.rs"]
mod support;

mod airflow;

/// Makes a test of each function, on both servers. SQLite has one writer at a time.
macro_rules! on_both_servers {
    ($($test:ident),+ $(,)?) => {
        on_both_servers!(@ postgres, Postgres, $($test),+);
        on_both_servers!(@ mariadb, MySql, $($test),+);
    };
    (@ $module:ident, $engine:ident, $($test:ident),+) => {
        mod $module {
            $(
                #[test]
                fn $test() {
                    crate::support::block_on(super::$test(crate::support::Engine::$engine));
                }
            )+
        }
    };
}

mod statistics;
mod transactions;
mod writers;
