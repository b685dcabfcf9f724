-- The sequence from which a table takes its ids, and whether the role may use it. An identity column needs no such right.
SELECT sequence.name, has_sequence_privilege(sequence.name, 'USAGE')
FROM pg_catalog.pg_attribute AS attribute
CROSS JOIN LATERAL (SELECT pg_get_serial_sequence({table_text}, attribute.attname::text)) AS sequence (name)
WHERE attribute.attrelid = to_regclass({table_text}) AND attribute.attname = 'id' AND NOT attribute.attisdropped
    AND attribute.attidentity = '' AND sequence.name IS NOT NULL
