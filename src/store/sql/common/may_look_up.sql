-- Reads nothing; the server answers whether the role might.
SELECT 1 FROM {owners}, {into} WHERE 1 = 0
