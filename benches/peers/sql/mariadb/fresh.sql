-- Puts back what a peer changed, and takes away what it left.
DROP TABLE IF EXISTS statemend_run, statemend_change, statemend_migration;
TRUNCATE peer_journal;
UPDATE task_state_store AS state JOIN peer_known USING (id)
SET state.value = peer_known.value, updated_at = updated_at;
