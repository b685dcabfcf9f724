-- Takes rows out of a table.
DELETE FROM {table} WHERE {key_in}
