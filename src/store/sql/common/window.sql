-- The next rows of a table in key order, keys and values only.
SELECT {keys}, {value} FROM {table}
WHERE {behind} AND {within} AND {since} AND {present}
ORDER BY {keys}
LIMIT {rows}
