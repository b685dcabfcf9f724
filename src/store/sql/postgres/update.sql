-- Writes the new values of a chunk.
UPDATE {table} AS target SET {value} = change.after
FROM unnest({key_arrays}, {after}::text[]) AS change ({key_aliases}, after)
WHERE {target_is_change}
