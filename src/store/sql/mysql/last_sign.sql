-- When the run last showed itself, and the time now, in microseconds since 1970.
SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', heartbeat_at), TIMESTAMPDIFF(MICROSECOND, '1970-01-01', {now})
FROM {run} WHERE run_id = {run_id}
