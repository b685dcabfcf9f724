-- Counting runs over the smallest index and is quick.
SELECT COUNT(*) FROM {table}
