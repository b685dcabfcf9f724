-- Runs that ended long ago, or were killed then, and whose old values are still in the journal.
SELECT run_id FROM {run} AS run
WHERE (lease IS NULL OR heartbeat_at <= {stale}) AND heartbeat_at < {long_ago}
    AND EXISTS (
        SELECT 1 FROM {change} AS entry
        WHERE entry.run_id = run.run_id AND (value_before <> '' OR NOT action IN ({made_actions}))
    )
ORDER BY started_at
