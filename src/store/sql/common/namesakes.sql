-- The rows that a table has under these names.
SELECT {keys}, {value}, {written_at} FROM {table} WHERE {key_in}
