-- Enters a new run. Whoever enters passes one gate, a value of the unique lease that lasts no longer than the
-- transaction: so the leases that the next statement sees are all there are.
INSERT INTO {run}
    (run_id, mode, state, lease, owner, options, progress, tool_version, host, user_name, started_at, heartbeat_at)
VALUES
    ({run_id}, {mode}, 'running', 'gate', {owner}, {options}, {progress}, {tool_version}, {host}, {user_name}, {now},
    {now})
