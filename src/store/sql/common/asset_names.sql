-- What people call these assets.
SELECT id, name FROM {asset} WHERE id IN ({ids})
