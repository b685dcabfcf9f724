CREATE TABLE peer_known (id bigint PRIMARY KEY, value text NOT NULL);
CREATE TABLE peer_journal (id bigint PRIMARY KEY, value_before text NOT NULL, written_at timestamptz NOT NULL);
