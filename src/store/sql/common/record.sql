-- The journal entries of one chunk.
INSERT INTO {change}
    (run_id, seq, table_name, row_key, kind, action, value_before, bytes_before, sha256_after, written_at, origin)
VALUES {entries}
