-- Rows of an older table, each with what names it in the released one, and whether its DAG run or asset exists.
SELECT {keys}, {identity}, {moment}, {expiry}, {value}, {written_at}, {name},
    EXISTS (SELECT 1 FROM {owners} AS owner WHERE owner.id = source.{owner})
FROM {table} AS source
WHERE {key_in}
