-- The sequences from which a table takes its ids and which the role may not use. Identity columns need no such right.
SELECT sequence.name
FROM pg_catalog.pg_attribute AS attribute
CROSS JOIN LATERAL (SELECT pg_get_serial_sequence({table_text}, attribute.attname::text)) AS sequence (name)
WHERE attribute.attrelid = to_regclass({table_text}) AND attribute.attnum > 0 AND NOT attribute.attisdropped
    AND attribute.attidentity = '' AND sequence.name IS NOT NULL AND NOT has_sequence_privilege(sequence.name, 'USAGE')
