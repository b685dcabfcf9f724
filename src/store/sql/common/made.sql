-- The rows that a run has made something else of than strings.
SELECT seq, table_name, row_key, sha256_after FROM {change}
WHERE run_id = {run_id} AND seq > {after} AND action IN ({made_actions})
ORDER BY seq LIMIT {rows}
