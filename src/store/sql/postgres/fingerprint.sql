-- What stays the same of a database on its standbys, and differs from that of every other.
SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system())::text || '/' || oid::text
FROM pg_catalog.pg_database WHERE datname = current_database()
