-- Drops some of the old values of a run.
DELETE FROM {change} WHERE run_id = {run_id} AND seq > {after} AND seq <= {until} AND action NOT IN ({made_actions})
