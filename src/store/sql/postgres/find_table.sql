-- The first schema of the search path that has the table. Without schemas of its own, the session's path counts.
SELECT namespace.nspname::text
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
CROSS JOIN LATERAL (
    SELECT CASE WHEN cardinality({schemas}::text[]) > 0
        THEN array_replace({schemas}::text[], '$user', current_user::text)
        ELSE current_schemas(false)::text[] END
) AS path (schemas)
WHERE class.relname = {name} AND class.relkind IN ('r', 'p') AND namespace.nspname::text = ANY (path.schemas)
ORDER BY array_position(path.schemas, namespace.nspname::text)
LIMIT 1
