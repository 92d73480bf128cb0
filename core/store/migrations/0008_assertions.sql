-- What clients signed to prove themselves works once: the SHA-256 of client and jti, for
-- as long as it would be accepted.

CREATE TABLE assertions (
	hash       BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
	expires_at INTEGER NOT NULL CHECK (expires_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX assertions_by_end ON assertions (expires_at);
