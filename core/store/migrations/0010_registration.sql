-- What lets clients register themselves.

CREATE TABLE initial_tokens (
	id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	hash       BLOB NOT NULL CHECK (length(hash) = 32),
	org        TEXT NOT NULL REFERENCES organisations (name) ON DELETE CASCADE,
	name       TEXT NOT NULL,
	max_uses   INTEGER NOT NULL CHECK (max_uses >= 0), -- 0: any number
	uses       INTEGER NOT NULL CHECK (uses >= 0),
	created_at INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at INTEGER NOT NULL CHECK (expires_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX initial_tokens_by_expiry ON initial_tokens (expires_at);
