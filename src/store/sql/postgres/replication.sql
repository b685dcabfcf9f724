-- How many replicas there are, how many of them the role may not look at, and how far the furthest of the others is
-- behind, in milliseconds.
SELECT COUNT(*), COUNT(*) FILTER (WHERE state IS NULL), COALESCE(MAX(EXTRACT(EPOCH FROM replay_lag) * 1000)::bigint, 0)
FROM pg_catalog.pg_stat_replication
WHERE state IS NULL OR state IN ('streaming', 'catchup')
