//! What a role must be allowed to do.

use super::{NOTHING, arguments, carry, counts, released, run_of};
use crate::access::{as_role, grants};
use crate::older::{fill_assets, fill_tasks, left_by};
use crate::statemend::statemend;
use crate::support::{Engine, block_on};

#[test]
fn a_role_that_may_only_read_can_plan_and_the_statements_it_is_told_let_it_carry_and_undo() {
    for engine in [Engine::Postgres, Engine::MySql] {
        block_on(async {
            let database = left_by(engine, &[3, 4]).await;
            fill_tasks(&database, "task_store", &[(1, "load", -1, "a", "bad"), (1, "load", -1, "b", "1")]).await;
            fill_assets(&database, "asset_store", &[(1, "a", "1")]).await;
            let reader = as_role(&database, "SELECT").await;
            let planned = statemend(&["carry", "--dry-run", "--format", "json", "--url", &reader]).exits(10).json();
            assert_eq!(counts(&planned)[0], 3);
            let carry = ["carry", "--yes", "--format", "json", "--url", &reader];
            let refused = statemend(&carry).exits(3);
            assert_eq!(released(&database).await, NOTHING, "nothing was changed");
            let told = grants(&refused.stderr);
            assert!(!told.contains("UPDATE ON \"public\".\"task_store\""), "the older tables are only read: {told}");
            database.execute(&told).await;
            let report = statemend(&carry).exits(0).json();
            assert_eq!(counts(&report)[0], 3);
            let undo = ["undo", run_of(&report), "--yes", "--url", &reader];
            let refused = statemend(&undo).exits(3);
            database.execute(&grants(&refused.stderr)).await;
            statemend(&undo).exits(0);
            assert_eq!(released(&database).await, NOTHING);
        });
    }
}

#[test]
fn a_sequence_that_the_role_may_not_use_is_told_before_anything_is_done() {
    block_on(async {
        let database = left_by(Engine::Postgres, &[2, 4]).await;
        fill_tasks(&database, "task_state", &[(1, "load", -1, "a", "1")]).await;
        let role = as_role(&database, "ALL").await;
        let refused = statemend(&["carry", "--yes", "--url", &role]).exits(3).says("task_state_store_id_seq");
        database.execute(&grants(&refused.stderr)).await;
        statemend(&["carry", "--yes", "--url", &role]).exits(0);
    });
}

#[test]
fn a_sequence_that_is_behind_is_told_before_anything_is_done() {
    block_on(async {
        let database = left_by(Engine::Postgres, &[2, 4]).await;
        fill_tasks(&database, "task_state", &[(1, "load", -1, "a", "1")]).await;
        // As a restore of rows alone leaves it.
        database
            .execute(
                "INSERT INTO task_state_store (id, dag_run_id, task_id, map_index, key, dag_id, run_id, value, updated_at) \
                 VALUES (7, 1, 'load', -1, 'b', 'example', 'first', '1', '2026-06-01')",
            )
            .await;
        let refused = carry(&database, &[]).exits(3).says("public.task_state_store_id_seq would give ids");
        let setval = refused.stderr.lines().find(|line| line.contains("setval")).expect("a statement");
        database.execute(setval).await;
        assert_eq!(counts(&carry(&database, &[]).exits(0).json())[0], 1);
    });
}

#[test]
fn nobody_is_asked_where_nobody_is_there() {
    block_on(async {
        let database = left_by(Engine::Sqlite, &[2, 4]).await;
        statemend(&arguments(&database, &[])).exits(2).says("nobody is there to be asked");
        carry(&database, &[]).exits(0);
    });
}
