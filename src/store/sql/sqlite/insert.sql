-- Copies one row of an older table.
INSERT INTO {into} ({columns}, {value})
SELECT {columns}, COALESCE({after}, {value}) FROM {table} WHERE {key_is} AND {written_at} = {written}
