-- The role of a scheduled check, for MySQL and MariaDB: it reads the tables that hold state, and nothing else.
--
-- Change the password, and the name of the database where yours is not called airflow. Where development builds of
-- Airflow have run, the role needs the tables of docs/tables.md that are there.

CREATE USER 'statemend_check'@'%' IDENTIFIED BY 'change-me' WITH MAX_USER_CONNECTIONS 8;

GRANT SELECT ON airflow.alembic_version TO 'statemend_check'@'%';
GRANT SELECT ON airflow.task_state_store TO 'statemend_check'@'%';
GRANT SELECT ON airflow.asset_state_store TO 'statemend_check'@'%';
