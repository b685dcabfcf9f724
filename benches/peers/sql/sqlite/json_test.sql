SELECT count(*) FROM task_state_store WHERE NOT json_valid(value);
