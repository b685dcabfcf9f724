-- Drops some of the old values of a run.
DELETE FROM {change} WHERE run_id = {run_id} AND seq <= {until} AND NOT action IN ('reference', 'decode', 'null', 'replace', 'made')
