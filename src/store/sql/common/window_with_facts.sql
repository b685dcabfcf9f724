-- The next rows of a table in key order, with whose they are and when they were written.
SELECT {keys}, {identity}, {moment}, {value} FROM {table}
WHERE {behind} AND {within} AND {present}
ORDER BY {keys}
LIMIT {rows}
