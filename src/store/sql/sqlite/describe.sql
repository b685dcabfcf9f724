-- The columns of a table: name, type, longest text (none has a limit), whether it may be null, whether it is computed. The
-- one column of a primary key that has no index is the number of the row.
SELECT columns.name, columns.type, NULL, NULL,
    NOT (columns."notnull" OR columns.pk AND (
        (SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = {name})
        OR NOT EXISTS (SELECT 1 FROM pragma_index_list({name}, 'main') WHERE origin = 'pk')
    )),
    columns.hidden > 1, FALSE
FROM pragma_table_xinfo({name}, 'main') AS columns
ORDER BY columns.cid
