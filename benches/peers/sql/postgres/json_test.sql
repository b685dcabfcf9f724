SELECT count(*) FROM task_state_store WHERE value IS NOT JSON;
