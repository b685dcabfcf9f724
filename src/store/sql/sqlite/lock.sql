-- Reads the rows of a chunk again. The transaction began with the file's only write lock.
SELECT {keys}, {identity}, {value} FROM {table} WHERE {key_in}
