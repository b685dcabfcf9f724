-- Changes nothing; the server answers whether the role might.
UPDATE {run} SET state = state WHERE 1 = 0
