-- The run for which this process holds the lease.
SELECT run_id FROM {run} WHERE owner = {owner} AND lease IS NOT NULL
