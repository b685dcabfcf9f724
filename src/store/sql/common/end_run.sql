-- Gives the lease back. A run that was stopped has no end yet. The lease may have run out meanwhile, or have been given
-- back without our hearing of it.
UPDATE {run} SET state = {state}, lease = NULL, progress = {progress}, heartbeat_at = {now},
    finished_at = CASE WHEN {state} = 'done' THEN {now} END
WHERE run_id = {run_id} AND owner = {owner} AND state <> 'undone' AND progress IN ({before}, {progress})
