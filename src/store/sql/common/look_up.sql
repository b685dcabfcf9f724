-- Rows by their keys, with whose they are and when they were written.
SELECT {keys}, {identity}, {moment}, {value} FROM {table} WHERE {key_in} AND {present}
