-- How SQLite would walk along the key: columns of an index may compare in another way than those of the table.
EXPLAIN QUERY PLAN SELECT {keys} FROM {table} ORDER BY {keys}
