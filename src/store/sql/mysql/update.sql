-- Writes new values. A TIMESTAMP column may change by itself in every UPDATE that does not name it.
UPDATE {table} SET {value} = CASE {new_values} END{keep} WHERE {key_in}
