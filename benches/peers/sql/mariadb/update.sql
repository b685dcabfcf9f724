BEGIN;
INSERT INTO peer_journal
SELECT id, state.value, updated_at FROM task_state_store AS state JOIN peer_known USING (id);
UPDATE task_state_store AS state JOIN peer_known USING (id)
SET state.value = JSON_QUOTE(state.value), updated_at = updated_at;
SELECT ROW_COUNT();
COMMIT;
