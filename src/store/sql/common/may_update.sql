-- Changes nothing; the server answers whether the role might.
UPDATE {table} SET {value} = {value} WHERE 1 = 0
