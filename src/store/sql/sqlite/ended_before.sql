-- Runs that ended long ago and whose old values are still in the journal.
SELECT run_id FROM {run}
WHERE lease IS NULL AND purged_at IS NULL
    AND heartbeat_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || {seconds} || ' seconds')
ORDER BY started_at
