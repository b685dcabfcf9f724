-- Takes the lease of the run's own, which lets the next process through the gate.
UPDATE {run} SET lease = {lease} WHERE run_id = {run_id}
