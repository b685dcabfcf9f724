-- Remembers that this run's old values are gone, if it ended so long ago and nobody is at it. It passes the gate of a new
-- run, so that none begins meanwhile.
UPDATE {run} SET purged_at = {now}, lease = 'gate'
WHERE run_id = {run_id} AND lease IS NULL AND heartbeat_at < {long_ago}
