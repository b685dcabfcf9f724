-- How far the run has come, once every transaction is over that might move it.
SELECT progress FROM {run} WHERE run_id = {run_id} AND owner = {owner} AND lease IS NOT NULL FOR UPDATE
