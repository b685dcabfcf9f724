-- The role of a scheduled check, for PostgreSQL: it reads the tables that hold state, and nothing else.
--
-- To be run in Airflow's database by whom the tables belong to, or a superuser. Change the password, and the names where
-- yours differ. Where development builds of Airflow have run, the role needs the tables of docs/tables.md that are there.

CREATE ROLE statemend_check LOGIN PASSWORD 'change-me' CONNECTION LIMIT 8;

-- A second lock on the door. The first is that nothing below lets it write.
ALTER ROLE statemend_check SET default_transaction_read_only = on;

GRANT CONNECT ON DATABASE airflow TO statemend_check;
GRANT USAGE ON SCHEMA public TO statemend_check;
GRANT SELECT ON alembic_version, task_state_store, asset_state_store TO statemend_check;
