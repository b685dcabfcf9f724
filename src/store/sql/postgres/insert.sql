-- Copies rows of an older table, those alone that are as they were when they were read.
INSERT INTO {into} ({columns}, {value})
SELECT {columns}, COALESCE(carried.after, target.{value})
FROM unnest({key_arrays}, {after}::text[], {written}::text[]) AS carried ({key_aliases}, after, written)
JOIN {table} AS target ON {target_is_carried} AND {written_at} = carried.written
