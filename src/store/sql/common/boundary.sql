-- The last key of a window that is full, without the rows before it.
SELECT {keys} FROM {table}
WHERE {behind} AND {within}
ORDER BY {keys}
LIMIT 1 OFFSET {rows_before_last}
