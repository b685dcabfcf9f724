-- Copies nothing; the server answers whether the role might.
INSERT INTO {into} ({columns}, {value}) SELECT {columns}, {value} FROM {table} WHERE 1 = 0
