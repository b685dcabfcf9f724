-- As many rows as the last ANALYZE saw.
SELECT CASE WHEN reltuples >= 0 THEN reltuples::bigint END FROM pg_catalog.pg_class
WHERE oid = to_regclass({table_text})
