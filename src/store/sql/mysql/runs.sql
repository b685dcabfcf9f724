-- All runs, newest first.
SELECT run_id, mode, state, lease IS NOT NULL AND heartbeat_at > {stale}, options, progress, tool_version, host,
    user_name,
    DATE_FORMAT(started_at, '%Y-%m-%dT%H:%i:%sZ'),
    DATE_FORMAT(heartbeat_at, '%Y-%m-%dT%H:%i:%sZ'),
    DATE_FORMAT(finished_at, '%Y-%m-%dT%H:%i:%sZ'),
    DATE_FORMAT(purged_at, '%Y-%m-%dT%H:%i:%sZ'),
    undone_by
FROM {run} ORDER BY started_at DESC, run_id DESC
