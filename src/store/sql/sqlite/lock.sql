-- Reads the rows of a chunk again. The transaction began with the file's only write lock.
SELECT {keys}, {identity}, {moment}, {expiry}, {value}, {written_at} FROM {table} WHERE {key_in} AND {present} ORDER BY {keys}
