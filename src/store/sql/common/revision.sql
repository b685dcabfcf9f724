-- Which migration Airflow's tables are at.
SELECT version_num FROM {alembic}
