-- Records nothing; the server answers whether the role might.
INSERT INTO {change} SELECT * FROM {change} WHERE 1 = 0
