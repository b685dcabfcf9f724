-- Rows by their keys, with whose they are, when they were written and how long they are kept.
SELECT {keys}, {identity}, {moment}, {expiry}, {value} FROM {table} WHERE {key_in} AND {present}
