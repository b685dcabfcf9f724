COPY (SELECT id, value FROM task_state_store) TO STDOUT (FORMAT binary);
