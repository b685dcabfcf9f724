-- The file that was opened, if it has the table.
SELECT 'main' FROM main.sqlite_master WHERE type = 'table' AND name = {name}
