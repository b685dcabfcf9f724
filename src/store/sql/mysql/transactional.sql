-- What keeps the table, and whether it knows transactions.
SELECT tables.engine, engines.transactions = 'YES'
FROM information_schema.tables AS tables JOIN information_schema.engines AS engines ON engines.engine = tables.engine
WHERE tables.table_schema = DATABASE() AND tables.table_name = {name}
