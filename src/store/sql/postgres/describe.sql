-- The columns of a table: name, type, longest text in characters, whether it may be null, whether it is computed. Of a
-- domain, the type below it counts.
SELECT attribute.attname::text, base.typname::text,
    CASE WHEN base.typname = 'varchar' AND modifier.value > 4 THEN modifier.value - 4 END,
    NULL::bigint,
    NOT (attribute.attnotnull OR type.typnotnull),
    attribute.attgenerated <> '',
    FALSE
FROM pg_catalog.pg_attribute AS attribute
JOIN pg_catalog.pg_type AS type ON type.oid = attribute.atttypid
JOIN pg_catalog.pg_type AS base ON base.oid = CASE WHEN type.typtype = 'd' THEN type.typbasetype ELSE type.oid END
CROSS JOIN LATERAL (
    SELECT CASE WHEN type.typtype = 'd' THEN type.typtypmod ELSE attribute.atttypmod END::bigint
) AS modifier (value)
WHERE attribute.attrelid = to_regclass({table_text}) AND attribute.attnum > 0 AND NOT attribute.attisdropped
ORDER BY attribute.attnum
