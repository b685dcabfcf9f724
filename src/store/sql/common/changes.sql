-- What a run did.
SELECT seq, table_name, row_key, kind, value_before, sha256_after, written_at FROM {change}
WHERE run_id = {run_id} AND seq > {after} AND seq <= {until}
ORDER BY seq
