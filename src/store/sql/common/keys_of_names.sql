-- The keys of the rows that a table has under these names, each behind its name.
SELECT {keys}, {own} FROM {table} WHERE {key_in}
