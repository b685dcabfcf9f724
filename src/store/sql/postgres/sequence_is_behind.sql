-- Whether a table has an id that its sequence is yet to give.
SELECT COALESCE(MAX(last_value), 0) < COALESCE((SELECT MAX(id) FROM {into}), 0)
FROM pg_catalog.pg_sequences
WHERE to_regclass(format('%I.%I', schemaname, sequencename)) = to_regclass({sequence})
