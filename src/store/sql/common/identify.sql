-- Whom the rows with these keys belong to.
SELECT {keys}, {identity} FROM {table} WHERE {key_in}
