-- How far the run has come. The transaction began with the file's only write lock.
SELECT progress FROM {run} WHERE run_id = {run_id} AND owner = {owner} AND lease IS NOT NULL
