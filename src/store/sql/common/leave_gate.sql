-- Lets the next process through the gate.
UPDATE {run} SET lease = NULL WHERE run_id = {run_id}
