-- Goes on with a run that was cut short, if nobody else does, and nobody has finished, undone or purged it meanwhile.
-- The gate is that of a new run.
UPDATE {run} SET state = 'running', lease = 'gate', owner = {owner}, host = {host}, user_name = {user_name},
    tool_version = {tool_version}, heartbeat_at = {now}, finished_at = NULL
WHERE run_id = {run_id} AND lease IS NULL AND state = 'interrupted' AND purged_at IS NULL
