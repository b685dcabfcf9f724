-- The next rows of a table in key order, with whose they are, when they were written and how long they are kept.
SELECT {keys}, {identity}, {moment}, {expiry}, {value} FROM {table}
WHERE {behind} AND {within} AND {since} AND {present}
ORDER BY {keys}
LIMIT {rows}
