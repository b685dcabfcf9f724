-- A file has no replicas.
SELECT NULL, NULL WHERE FALSE
