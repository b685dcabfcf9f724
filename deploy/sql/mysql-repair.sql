-- The role of a repair, for MySQL and MariaDB: it reads and rewrites the tables that hold state, makes its journal beside
-- them, and nothing else.
--
-- Change the password, and the name of the database where yours is not called airflow. Where development builds of
-- Airflow have run, the role needs the tables of docs/tables.md that are there.

CREATE USER 'statemend_repair'@'%' IDENTIFIED BY 'change-me';

GRANT SELECT ON airflow.alembic_version TO 'statemend_repair'@'%';
GRANT SELECT, UPDATE ON airflow.task_state_store TO 'statemend_repair'@'%';
GRANT SELECT, UPDATE ON airflow.asset_state_store TO 'statemend_repair'@'%';

-- The journal. Whoever makes a table here may not use it for that.
GRANT CREATE, SELECT, INSERT, UPDATE, DELETE ON airflow.statemend_run TO 'statemend_repair'@'%';
GRANT CREATE, SELECT, INSERT, UPDATE, DELETE ON airflow.statemend_change TO 'statemend_repair'@'%';
GRANT CREATE, SELECT, INSERT, UPDATE, DELETE ON airflow.statemend_migration TO 'statemend_repair'@'%';
