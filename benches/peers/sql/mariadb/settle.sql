ANALYZE TABLE task_state_store;
