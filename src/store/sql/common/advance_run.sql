-- Stores how far the run has come. Matches no row when another process has taken the run over, or when the run is not
-- where this process left it.
UPDATE {run} SET progress = {progress}, heartbeat_at = {now}
WHERE run_id = {run_id} AND owner = {owner} AND lease IS NOT NULL AND progress = {before}
