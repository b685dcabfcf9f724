-- Where a window of so many rows would end, for one that leaves some of them out.
SELECT {keys} FROM {table}
WHERE {behind} AND {within}
ORDER BY {keys}
LIMIT 1 OFFSET {before}
