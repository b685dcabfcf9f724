-- The columns of all tables with these names, by schema in the order of the search path. Without schemas of its own, the
-- session's path counts.
SELECT namespace.nspname::text, class.relname::text, attribute.attname::text
FROM pg_catalog.pg_class AS class
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = class.oid
CROSS JOIN LATERAL (
    SELECT CASE WHEN cardinality({schemas}::text[]) > 0
        THEN array_replace({schemas}::text[], '$user', current_user::text)
        ELSE current_schemas(false)::text[] END
) AS path (schemas)
WHERE class.relname::text IN {names} AND class.relkind IN ('r', 'p') AND namespace.nspname::text = ANY (path.schemas)
    AND attribute.attnum > 0 AND NOT attribute.attisdropped
ORDER BY array_position(path.schemas, namespace.nspname::text), class.oid, attribute.attnum
