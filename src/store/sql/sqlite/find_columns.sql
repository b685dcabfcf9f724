-- The columns of all tables with these names in the file that was opened.
SELECT 'main', tables.name, columns.name
FROM main.sqlite_master AS tables, pragma_table_info(tables.name, 'main') AS columns
WHERE tables.type = 'table' AND tables.name IN {names}
ORDER BY tables.name, columns.cid
