-- One row a run. The unique lease keeps two runs apart; a session lock would not survive a pooler that hands
-- each transaction another connection.
CREATE TABLE statemend_run (
    run_id varchar(64) PRIMARY KEY,
    mode varchar(16) NOT NULL,
    state varchar(16) NOT NULL,
    lease varchar(32) UNIQUE,
    owner varchar(64) NOT NULL,
    options text NOT NULL,
    progress text NOT NULL,
    tool_version varchar(64) NOT NULL,
    host varchar(255) NOT NULL,
    user_name varchar(255) NOT NULL,
    started_at timestamptz NOT NULL,
    heartbeat_at timestamptz NOT NULL,
    finished_at timestamptz,
    purged_at timestamptz,
    undone_by varchar(64)
);

-- One row a changed row, written in the transaction that changes it. A row that a carry makes has no value before, but an
-- origin: the table and key from which it was copied. A row that is taken away has no value after.
CREATE TABLE statemend_change (
    run_id varchar(64) NOT NULL,
    seq bigint NOT NULL,
    table_name varchar(64) NOT NULL,
    row_key text NOT NULL,
    kind varchar(32) NOT NULL,
    action varchar(32) NOT NULL,
    value_before text,
    bytes_before bigint NOT NULL,
    sha256_after char(64),
    written_at varchar(64),
    origin text,
    PRIMARY KEY (run_id, seq)
);
