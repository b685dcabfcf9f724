-- Copies rows of an older table, those alone that are as they were when they were read.
WITH carried ({key_aliases}, value_after, written_at_look) AS (VALUES {new_values})
INSERT INTO {into} ({columns}, {value})
SELECT {columns}, COALESCE(carried.value_after, target.{value})
FROM carried CROSS JOIN {table} AS target ON {target_is_carried} AND {written_at} = carried.written_at_look
