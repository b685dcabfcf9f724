-- How many rows a run changed.
SELECT COUNT(*) FROM {change} WHERE run_id = {run_id}
