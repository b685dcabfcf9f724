-- Remembers which other run has put this one's values back.
UPDATE {run} SET state = 'undone', undone_by = {undone_by} WHERE run_id = {run_id}
