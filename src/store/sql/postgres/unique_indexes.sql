-- The columns of the unique indexes of a table, in their order, the primary key's first: index, column, whether the index
-- runs along it as comparisons do, whether downwards. What an index only includes is not of its order.
SELECT index.indexrelid::bigint::text, attribute.attname::text,
    COALESCE(part.coll = attribute.attcollation AND class.opcdefault, FALSE),
    part.flags & 1 = 1
FROM pg_catalog.pg_index AS index
CROSS JOIN LATERAL unnest(index.indkey::int2[], index.indcollation::oid[], index.indclass::oid[], index.indoption::int2[])
    WITH ORDINALITY AS part (attnum, coll, opclass, flags, place)
LEFT JOIN pg_catalog.pg_attribute AS attribute
    ON attribute.attrelid = index.indrelid AND attribute.attnum = part.attnum
LEFT JOIN pg_catalog.pg_opclass AS class ON class.oid = part.opclass
WHERE index.indrelid = to_regclass({table_text}) AND index.indisunique AND index.indisvalid
    AND index.indpred IS NULL AND part.place <= index.indnkeyatts
ORDER BY index.indisprimary DESC, index.indexrelid, part.place
