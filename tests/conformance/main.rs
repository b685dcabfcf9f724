//! The same assertions on SQLite, PostgreSQL and MariaDB, each test in a database of its own.

#[path = "../support/statemend.rs"]
mod statemend;
#[path = "../support/mod.rs"]
mod support;

/// Makes a test of each function, on every engine.
macro_rules! on_every_engine {
    ($($test:ident),+ $(,)?) => {
        on_every_engine!(@ sqlite, Sqlite, $($test),+);
        on_every_engine!(@ postgres, Postgres, $($test),+);
        on_every_engine!(@ mariadb, MySql, $($test),+);
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

mod access;
mod keys;
mod locks;
mod memory;
mod plan;
mod repair;
mod resume;
mod runs;
mod scan;
mod state;
mod undo;
