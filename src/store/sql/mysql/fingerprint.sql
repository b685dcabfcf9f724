-- The name is all that a database has in common with its replicas and not with others.
SELECT DATABASE()
