-- A file has no roles.
SELECT NULL WHERE FALSE
