-- Writes one new value.
UPDATE {table} SET {value} = {after} WHERE {key_is}
