-- Whether `airflow db migrate` holds its lock.
SELECT IS_USED_LOCK('airflow_MIGRATIONS') IS NOT NULL
