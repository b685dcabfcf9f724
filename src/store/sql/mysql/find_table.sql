-- The database of this session, if it has the table.
SELECT table_schema FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_name = {name} AND table_type = 'BASE TABLE'
