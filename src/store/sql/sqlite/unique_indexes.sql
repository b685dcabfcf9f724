-- The columns of the unique indexes of a table, in their order, the primary key's first: index, column, whether all of it
-- is in an order, whether downwards. A primary key without an index is the number of the row.
SELECT NULL, name, TRUE, FALSE, 0 AS rank, 0 AS place
FROM pragma_table_xinfo({name}, 'main')
WHERE pk AND NOT EXISTS (SELECT 1 FROM pragma_index_list({name}, 'main') WHERE origin = 'pk')
UNION ALL
SELECT list.name, parts.name, parts.name IS NOT NULL, parts.desc, CASE list.origin WHEN 'pk' THEN 1 ELSE 2 + list.seq END, parts.seqno
FROM pragma_index_list({name}, 'main') AS list, pragma_index_xinfo(list.name, 'main') AS parts
WHERE list."unique" AND NOT list.partial AND parts.key
ORDER BY rank, place
