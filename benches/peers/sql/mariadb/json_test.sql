SELECT count(*) FROM task_state_store WHERE NOT JSON_VALID(value);
