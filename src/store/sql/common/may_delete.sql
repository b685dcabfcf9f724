-- Deletes nothing; the server answers whether the role might.
DELETE FROM {table} WHERE 1 = 0
