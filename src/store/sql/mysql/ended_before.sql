-- Runs that ended long ago and whose old values are still in the journal. At the gate nobody but this process is seen.
SELECT run_id FROM {run} AS run
WHERE (lease IS NULL OR lease = 'gate') AND heartbeat_at < UTC_TIMESTAMP(6) - INTERVAL {seconds} SECOND
    AND EXISTS (
        SELECT 1 FROM {change} AS entry
        WHERE entry.run_id = run.run_id AND (value_before <> '' OR NOT action IN ('reference', 'decode', 'null', 'replace', 'made'))
    )
ORDER BY started_at
