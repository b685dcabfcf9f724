-- Airflow takes no lock of its own while it migrates a file.
SELECT FALSE
