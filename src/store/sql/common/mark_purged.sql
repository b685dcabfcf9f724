-- Remembers that this run's old values are gone.
UPDATE {run} SET purged_at = {now} WHERE run_id = {run_id}
