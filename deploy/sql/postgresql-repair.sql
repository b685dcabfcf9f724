-- The role of a repair, for PostgreSQL: it reads and rewrites the tables that hold state, makes its journal beside them,
-- and nothing else.
--
-- To be run in Airflow's database by whom the tables belong to, or a superuser. Change the password, and the names where
-- yours differ. Where development builds of Airflow have run, the role needs the tables of docs/tables.md that are there.
-- Each process takes a connection, and one more for each of its jobs.

CREATE ROLE statemend_repair LOGIN PASSWORD 'change-me';

GRANT CONNECT ON DATABASE airflow TO statemend_repair;
GRANT USAGE ON SCHEMA public TO statemend_repair;
GRANT SELECT ON alembic_version TO statemend_repair;
GRANT SELECT, UPDATE ON task_state_store, asset_state_store TO statemend_repair;

-- For the first repair, which makes the journal. Its tables belong to the role, so this can be taken back then.
GRANT CREATE ON SCHEMA public TO statemend_repair;
