-- What state rows refer to. Without column names, because the engines quote "group" differently; the columns stand in
-- the same order everywhere.
INSERT INTO dag_bundle (name) VALUES ('bundle');

INSERT INTO dag (
    dag_id, is_paused, is_stale, bundle_name, timetable_type, partition_mapper_info, max_active_tasks,
    max_consecutive_failed_dag_runs, has_task_concurrency_limits
) VALUES ('example', false, false, 'bundle', 'once', '{}', 1, 0, false);

INSERT INTO dag_run (id, dag_id, run_id, run_type, run_after) VALUES
    (1, 'example', 'first', 'manual', '2026-01-01 00:00:00'),
    (2, 'example', 'second', 'manual', '2026-01-02 00:00:00'),
    (3, 'example', 'third', 'manual', '2026-01-03 00:00:00');

INSERT INTO asset VALUES
    (1, 'one', 's3://bucket/one', 'asset', '{}', '2026-01-01 00:00:00', '2026-01-01 00:00:00'),
    (2, 'two', 's3://bucket/two', 'asset', '{}', '2026-01-01 00:00:00', '2026-01-01 00:00:00'),
    (3, 'three', 's3://bucket/three', 'asset', '{}', '2026-01-01 00:00:00', '2026-01-01 00:00:00');
