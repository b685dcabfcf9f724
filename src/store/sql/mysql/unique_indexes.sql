-- The columns of the unique indexes of a table, in their order: index, column, whether the index holds all of it in an
-- order, whether downwards. The primary key comes first, whose name no other index can have.
SELECT index_name, column_name, sub_part IS NULL AND index_type = 'BTREE' AND column_name IS NOT NULL, collation = 'D'
FROM information_schema.statistics
WHERE table_schema = DATABASE() AND table_name = {name} AND non_unique = 0
ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index
