-- Enters a new run. Only one run at a time gets past the unique lease.
INSERT INTO {run}
    (run_id, mode, state, lease, owner, options, progress, tool_version, host, user_name, started_at, heartbeat_at)
VALUES
    ({run_id}, {mode}, 'running', 'all', {owner}, {options}, {progress}, {tool_version}, {host}, {user_name}, {now}, {now})
