-- Copies rows of an older table, those alone that are as they were when they were read.
INSERT INTO {into} ({columns}, {value})
SELECT {columns}, {value} FROM {table}
WHERE {key_in} AND {written_at} = {written}
