-- The columns of a table: name, type, longest text in characters and in bytes, whether it may be null, whether it is
-- computed, whether an update changes it by itself.
SELECT column_name, data_type, character_maximum_length, character_octet_length,
    is_nullable = 'YES', COALESCE(generation_expression, '') <> '', extra LIKE '%on update%'
FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = {name}
ORDER BY ordinal_position
