-- Says that the run still lives, which takes the right to write at this moment.
UPDATE {run} SET heartbeat_at = {now} WHERE owner = {owner} AND lease IS NOT NULL
