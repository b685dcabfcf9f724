-- As autovacuum would have left the tables long ago.
VACUUM (FREEZE, ANALYZE) task_state_store;
VACUUM (FREEZE, ANALYZE) peer_known;
