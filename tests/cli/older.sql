-- State of a build of May 2026, and one row that a release has written since.
INSERT INTO task_state (dag_run_id, task_id, map_index, "key", dag_id, run_id, value, updated_at) VALUES
    (1, 'load', -1, 'cursor', 'example', 'first', '{"page": 12}', '2026-05-20 10:00:00'),
    (1, 'load', -1, 'status', 'example', 'first', 'running', '2026-05-20 10:00:00'),
    (2, 'load', 3, 'cursor', 'example', 'second', '{"page": 7}', '2026-05-20 10:00:00'),
    (2, 'load', 4, 'cursor', 'example', 'second', '{"page": 8,}', '2026-05-20 10:00:00');

INSERT INTO asset_state VALUES (1, 'watermark', 's3://bucket/watermark', '2026-05-20 10:00:00');

INSERT INTO task_state_store (dag_run_id, task_id, map_index, "key", dag_id, run_id, value, updated_at) VALUES
    (2, 'load', 3, 'cursor', 'example', 'second', '{"page": 9}', '2026-07-01 10:00:00');
