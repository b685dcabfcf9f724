BEGIN;
INSERT INTO peer_journal
SELECT id, state.value, updated_at FROM task_state_store AS state JOIN peer_known USING (id);
UPDATE task_state_store AS state SET value = to_json(state.value)::text
FROM peer_known WHERE state.id = peer_known.id;
\echo :ROW_COUNT
COMMIT;
