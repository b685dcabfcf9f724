-- The highest key of a table: where a scan that begins now will end.
SELECT {keys} FROM {table} ORDER BY {keys_descending} LIMIT 1
