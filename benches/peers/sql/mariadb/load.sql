SET foreign_key_checks = 0;
LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE task_state_store CHARACTER SET utf8mb4
(id, dag_run_id, task_id, map_index, `key`, dag_id, run_id, value, updated_at);
