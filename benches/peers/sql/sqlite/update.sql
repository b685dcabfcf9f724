BEGIN IMMEDIATE;
INSERT INTO peer_journal
SELECT id, state.value, updated_at FROM task_state_store AS state JOIN peer_known USING (id);
UPDATE task_state_store SET value = json_quote(task_state_store.value)
FROM peer_known WHERE task_state_store.id = peer_known.id;
SELECT changes();
COMMIT;
