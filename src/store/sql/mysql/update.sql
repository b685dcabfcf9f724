-- Writes new values. A TIMESTAMP column may change by itself in every UPDATE that does not name it.
UPDATE {table} SET {value} = {new_values}{keep} WHERE {key_in}
