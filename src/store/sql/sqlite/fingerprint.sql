-- The file, by its absolute path.
SELECT file FROM pragma_database_list WHERE name = 'main'
