-- Drops some of the old values of a run, where it is still to be known what became of them.
UPDATE {change} SET value_before = ''
WHERE run_id = {run_id} AND seq > {after} AND seq <= {until} AND value_before <> '' AND action IN ({made_actions})
