-- Takes the lease from runs that have not shown themselves for a minute.
UPDATE {run} SET lease = NULL, state = 'interrupted' WHERE lease IS NOT NULL AND heartbeat_at <= {stale}
