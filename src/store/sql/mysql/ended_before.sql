-- Runs that ended long ago and whose old values are still in the journal.
SELECT run_id FROM {run}
WHERE lease IS NULL AND purged_at IS NULL AND heartbeat_at < UTC_TIMESTAMP(6) - INTERVAL {seconds} SECOND
ORDER BY started_at
