COPY task_state_store (id, dag_run_id, task_id, map_index, key, dag_id, run_id, value, updated_at) FROM STDIN
