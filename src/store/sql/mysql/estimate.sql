-- As many rows as the storage engine guesses.
SELECT CAST(table_rows AS SIGNED) FROM information_schema.tables
WHERE table_schema = {schema} AND table_name = {name}
