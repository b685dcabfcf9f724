-- One row a run. The unique lease keeps two runs apart. Times are UTC, as RFC 3339.
CREATE TABLE statemend_run (
    run_id TEXT NOT NULL PRIMARY KEY,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    lease TEXT UNIQUE,
    owner TEXT NOT NULL,
    options TEXT NOT NULL,
    progress TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    host TEXT NOT NULL,
    user_name TEXT NOT NULL,
    started_at TEXT NOT NULL,
    heartbeat_at TEXT NOT NULL,
    finished_at TEXT,
    purged_at TEXT,
    undone_by TEXT
);

-- One row a changed row, written in the transaction that changes it. A row that a carry makes has no value before, but an
-- origin: the table and key from which it was copied. A row that is taken away has no value after.
CREATE TABLE statemend_change (
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    table_name TEXT NOT NULL,
    row_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    value_before TEXT,
    bytes_before INTEGER NOT NULL,
    sha256_after TEXT,
    written_at TEXT,
    origin TEXT,
    PRIMARY KEY (run_id, seq)
);
