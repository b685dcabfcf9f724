//! One test of each engine from one function.

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
