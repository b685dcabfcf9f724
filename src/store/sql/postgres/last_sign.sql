-- When the run last showed itself, and the time now, in microseconds since 1970.
SELECT (EXTRACT(EPOCH FROM heartbeat_at) * 1000000)::bigint, (EXTRACT(EPOCH FROM {now}) * 1000000)::bigint
FROM {run} WHERE run_id = {run_id}
