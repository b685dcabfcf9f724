//! Somebody else who holds what a run needs, and when a run has come to wait for it.

use std::thread::sleep;
use std::time::Duration;

use crate::support::{Connection, Engine, TestDatabase};

/// What a run says at -vv once it waits for what is no single row's fault.
pub const WAITS: &str = "trying again: ";

/// Keeps everybody from changing `task_state_store`, and nobody from reading it.
pub async fn lock_table(holder: &mut Connection) {
    let lock = match holder.engine() {
        Engine::Sqlite => "BEGIN IMMEDIATE",
        Engine::Postgres => "BEGIN; LOCK TABLE task_state_store IN EXCLUSIVE MODE",
        Engine::MySql => "LOCK TABLES task_state_store READ",
    };
    holder.execute(lock).await;
}

/// Lets go of it.
pub async fn unlock_table(holder: &mut Connection) {
    let unlock = if holder.engine() == Engine::MySql { "UNLOCK TABLES" } else { "COMMIT" };
    holder.execute(unlock).await;
}

/// Waits until somebody waits for a lock in a server's database.
pub async fn until_somebody_waits(database: &TestDatabase) {
    let waiting = match database.engine {
        Engine::Sqlite => unreachable!("nobody knows who waits for a file"),
        Engine::Postgres => {
            "SELECT pid::text FROM pg_stat_activity \
             WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
        }
        Engine::MySql => {
            "SELECT CONCAT(trx_mysql_thread_id, '') FROM information_schema.innodb_trx \
             JOIN information_schema.processlist ON id = trx_mysql_thread_id \
             WHERE trx_state = 'LOCK WAIT' AND db = DATABASE()"
        }
    };
    let mut watch = database.connect().await;
    while watch.rows(waiting).await.is_empty() {
        // MariaDB draws a new picture only after 100 ms in which nobody has looked, and other tests look as well.
        sleep(Duration::from_millis(fastrand::u64(120..300)));
    }
}
