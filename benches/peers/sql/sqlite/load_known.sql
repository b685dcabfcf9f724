INSERT INTO peer_known VALUES (?, ?)
