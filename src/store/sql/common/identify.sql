-- Whom the rows with these keys belong to, when they were written and how long they are kept.
SELECT {keys}, {identity}, {moment}, {expiry} FROM {table} WHERE {key_in}
