-- Writes one new value. A TIMESTAMP column may change by itself in every UPDATE that does not name it.
UPDATE {table} SET {value} = {after}, {keep} WHERE {key_is}
