-- All runs, newest first.
SELECT run_id, mode, state, lease IS NOT NULL AND heartbeat_at > {stale}, options, progress, tool_version, host,
    user_name,
    to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    to_char(heartbeat_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    to_char(purged_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    undone_by
FROM {run} ORDER BY started_at DESC, run_id DESC
