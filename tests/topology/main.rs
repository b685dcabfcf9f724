//! What stands between statemend and its tables in the field: a pooler, a replica, TLS, a role that may only read.
//!
//! The servers are the tests' own, from `tests/env/server`. Those that no test changes are shared, one of each kind.

#[macro_use]
#[path = "../support/engines.rs"]
mod engines;
#[path = "../support/server.rs"]
mod server;
#[path = "../conformance/state.rs"]
#[allow(dead_code, reason = "these tests use a part of it")]
mod state;
#[path = "../support/statemend.rs"]
mod statemend;
#[path = "../support/mod.rs"]
mod support;

use std::sync::LazyLock;

use server::Server;
use support::{Engine, TestDatabase};

mod checks;
mod plans;
mod pooler;
mod reading;
mod replica;
mod tls;

/// The arguments of `tests/env/server` that name an engine.
fn kind(engine: Engine) -> &'static str {
    match engine {
        Engine::Postgres => "postgres",
        Engine::MySql => "mariadb",
        Engine::Sqlite => unreachable!("SQLite has no server"),
    }
}

/// A server with nothing special about it, without TLS.
fn plain(engine: Engine) -> &'static Server {
    static POSTGRES: LazyLock<Server> = LazyLock::new(|| Server::start(&["postgres"]));
    static MARIADB: LazyLock<Server> = LazyLock::new(|| Server::start(&["mariadb"]));
    if engine == Engine::Postgres { &POSTGRES } else { &MARIADB }
}

/// A role that has just been made.
struct Role {
    name: String,
}

impl Role {
    const PASSWORD: &str = "hunter2";

    /// One that may do this with the tables of a database, and nothing else.
    async fn with(privileges: &str, database: &TestDatabase) -> Self {
        let name = format!("role_{:08x}", fastrand::u32(..));
        let made = match database.engine {
            Engine::Postgres => format!(
                "CREATE ROLE {name} LOGIN PASSWORD '{}'; GRANT {privileges} ON ALL TABLES IN SCHEMA public TO {name}",
                Self::PASSWORD
            ),
            Engine::MySql => {
                let (_, schema) = database.url().rsplit_once('/').expect("a database");
                format!(
                    "CREATE USER {name} IDENTIFIED BY '{}'; GRANT {privileges} ON {schema}.* TO {name}",
                    Self::PASSWORD
                )
            }
            Engine::Sqlite => unreachable!("SQLite has no roles"),
        };
        database.execute(&made).await;
        Self { name }
    }

    /// Breaks its connections and allows no others.
    async fn lock_out(&self, database: &TestDatabase) {
        let name = &self.name;
        database
            .execute(&match database.engine {
                Engine::Postgres => format!(
                    "ALTER ROLE {name} NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'"
                ),
                _ => format!("ALTER USER {name} ACCOUNT LOCK; KILL USER {name}"),
            })
            .await;
    }

    async fn let_in(&self, database: &TestDatabase) {
        let name = &self.name;
        database
            .execute(&match database.engine {
                Engine::Postgres => format!("ALTER ROLE {name} LOGIN"),
                _ => format!("ALTER USER {name} ACCOUNT UNLOCK"),
            })
            .await;
    }

    /// The URL of a database, for this role.
    fn at(&self, database: &TestDatabase) -> String {
        let (scheme, rest) = database.url().split_once("://").expect("a URL");
        let (_, address) = rest.split_once('@').expect("a user");
        format!("{scheme}://{}:{}@{address}", self.name, Self::PASSWORD)
    }
}
