-- The columns of all tables with these names in the database of this session. MySQL looks only at what it needs to where
-- both sides name the database.
SELECT columns.table_schema, columns.table_name, columns.column_name
FROM information_schema.columns AS columns
JOIN information_schema.tables AS tables ON tables.table_name = columns.table_name
WHERE columns.table_schema = DATABASE() AND tables.table_schema = DATABASE() AND tables.table_type = 'BASE TABLE'
    AND columns.table_name IN {names}
ORDER BY columns.table_name, columns.ordinal_position
