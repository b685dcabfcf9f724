use std::time::Duration;

use crate::statemend::statemend;
use crate::support::{Engine, TestDatabase, block_on};

const ROWS: u64 = 100_000;

/// A database that was restored from a dump has no statistics until someone makes them. PostgreSQL then believes that
/// next to nothing lies behind a key, and would rather sort all of that than walk along the index to the limit.
#[test]
fn rows_are_read_once_where_postgres_has_no_statistics() {
    block_on(async {
        let database = TestDatabase::fresh(Engine::Postgres).await;
        let fill = format!(
            "SET session_replication_role = replica; \
             ALTER TABLE task_state_store SET (autovacuum_enabled = false); \
             ALTER TABLE asset_state_store SET (autovacuum_enabled = false); \
             INSERT INTO task_state_store (dag_run_id, task_id, map_index, key, dag_id, run_id, value, updated_at) \
             SELECT 1, 'task', n, 'key', 'example', 'first', '1', now() FROM generate_series(1, {ROWS}) AS n; \
             INSERT INTO asset_state_store (asset_id, key, value, updated_at) \
             SELECT 1 + n % 3, CONCAT('key ', n), '1', now() FROM generate_series(1, {ROWS}) AS n"
        );
        database.execute(&fill).await;
        statemend(&["scan", "--url", database.url()]).exits(0);
        // A session tells what it did when it ends, a moment after the program.
        let read = "SELECT relname::text, SUM(idx_tup_read)::text FROM pg_stat_user_indexes \
             WHERE relname IN ('task_state_store', 'asset_state_store') GROUP BY relname";
        tokio::time::sleep(Duration::from_secs(1)).await;
        let tables = database.rows(read).await;
        assert_eq!(tables.len(), 2);
        for row in tables {
            let entries: u64 = row[1].as_deref().and_then(|count| count.parse().ok()).expect("a count");
            assert!(entries >= ROWS, "{row:?} was not read by its index");
            assert!(entries < 2 * ROWS, "for {ROWS} rows of {row:?}, so many index entries were read");
        }
    });
}
