-- Brings a copied table into the server's memory. In key order, because a walk through all of it would pass it by.
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_sort = off;
SELECT sum(length(value)) FROM (SELECT value FROM task_state_store ORDER BY id) AS in_order;
