//! One test of each engine from one function.
#![allow(unused_macros, reason = "every test file uses another part of this")]

/// Makes a test of each function, on every engine.
macro_rules! on_every_engine {
    ($($test:ident),+ $(,)?) => {
        test_on!(sqlite, Sqlite, $($test),+);
        test_on!(postgres, Postgres, $($test),+);
        test_on!(mariadb, MySql, $($test),+);
    };
}

/// Makes a test of each function, on both kinds of server.
macro_rules! on_both_servers {
    ($($test:ident),+ $(,)?) => {
        test_on!(postgres, Postgres, $($test),+);
        test_on!(mariadb, MySql, $($test),+);
    };
}

macro_rules! test_on {
    ($module:ident, $engine:ident, $($test:ident),+) => {
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
