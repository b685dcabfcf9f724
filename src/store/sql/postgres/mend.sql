-- Writes the new values of a chunk and their journal entries. A row that a trigger keeps back has no entry, and is missing
-- from the count.
WITH change AS (
    SELECT *
    FROM unnest(
        {key_arrays}, {seqs}::bigint[], {row_keys}::text[], {kinds}::text[], {actions}::text[], {before}::text[],
        {bytes}::bigint[], {after}::text[], {digests}::text[], {written_at}::text[]
    ) AS change (
        {key_aliases}, seq, row_key, kind, action, value_before, bytes_before, value_after, sha256_after, written_at
    )
), mended AS (
    UPDATE {table} AS target SET {value} = change.value_after FROM change
    WHERE {target_is_change}
    RETURNING change.*
)
INSERT INTO {change}
    (run_id, seq, table_name, row_key, kind, action, value_before, bytes_before, sha256_after, written_at)
SELECT {run_id}, seq, {table_name}, row_key, kind, action, value_before, bytes_before, sha256_after,
    NULLIF(written_at, '')
FROM mended
