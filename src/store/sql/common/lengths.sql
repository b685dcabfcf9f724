-- The next rows of a table in key order: their keys, and how long their values are.
SELECT {keys}, octet_length({value}) FROM {table}
WHERE {behind} AND {within}
ORDER BY {keys}
LIMIT {rows}
