CREATE TABLE peer_known (id bigint PRIMARY KEY, value mediumtext NOT NULL) CHARACTER SET utf8mb4;
CREATE TABLE peer_journal (
    id bigint PRIMARY KEY, value_before mediumtext NOT NULL, written_at timestamp(6) NOT NULL
) CHARACTER SET utf8mb4;
