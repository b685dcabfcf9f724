-- Whether the role may make tables where Airflow's are.
SELECT has_schema_privilege({schema}, 'CREATE')
