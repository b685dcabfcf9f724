-- Writes the new values of a chunk.
WITH change ({key_aliases}, value_after) AS (VALUES {new_values})
UPDATE {table} AS target SET {value} = change.value_after FROM change WHERE {target_is_change}
