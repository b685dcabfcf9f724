-- Gives the lease back.
UPDATE {run} SET state = {state}, lease = NULL, progress = {progress}, heartbeat_at = {now}, finished_at = {now}
WHERE run_id = {run_id} AND owner = {owner} AND lease IS NOT NULL
