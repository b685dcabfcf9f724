-- Gives the lease back after a failure. How far the run has come stands in the row already.
UPDATE {run} SET state = 'interrupted', lease = NULL, heartbeat_at = {now}
WHERE run_id = {run_id} AND owner = {owner} AND lease IS NOT NULL
