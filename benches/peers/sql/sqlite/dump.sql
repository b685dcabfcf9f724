SELECT id, value FROM task_state_store;
