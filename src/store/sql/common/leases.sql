-- The leases of the runs that are at work, and the gate that this process has just passed.
SELECT lease FROM {run} WHERE lease IS NOT NULL
