-- Copies rows of an older table with new values, those alone that are as they were when they were read.
INSERT INTO {into} ({columns}, {value})
SELECT {columns}, {new_values} FROM {table}
WHERE {key_in} AND {written_at} = {written}
