-- Enters nothing; the server answers whether the role might.
INSERT INTO {run} SELECT * FROM {run} WHERE 1 = 0
