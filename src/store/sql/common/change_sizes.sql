-- How long the next old values of a run are, so that only as many are fetched as fit into memory.
SELECT seq, bytes_before FROM {change} WHERE run_id = {run_id} AND seq > {after} ORDER BY seq LIMIT {rows}
