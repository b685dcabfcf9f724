-- Locks the rows of a chunk and reads them again. In key order, so that two lockers never wait for each other.
SELECT {keys}, {identity}, {moment}, {expiry}, {value}, {written_at} FROM {table} WHERE {key_in} AND {present} ORDER BY {keys} FOR UPDATE
