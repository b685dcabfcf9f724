-- How many rows these lists have together.
SELECT count(*) FROM {table} WHERE {list_in}
