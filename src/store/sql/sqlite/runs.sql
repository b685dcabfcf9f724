-- All runs, newest first.
SELECT run_id, mode, state, lease IS NOT NULL AND heartbeat_at > {stale}, options, progress, tool_version, host,
    user_name,
    strftime('%Y-%m-%dT%H:%M:%SZ', started_at),
    strftime('%Y-%m-%dT%H:%M:%SZ', heartbeat_at),
    strftime('%Y-%m-%dT%H:%M:%SZ', finished_at),
    strftime('%Y-%m-%dT%H:%M:%SZ', purged_at),
    undone_by
FROM {run} ORDER BY started_at DESC, run_id DESC
