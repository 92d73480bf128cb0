-- Relying parties that are told of the end of a session.

-- Whether the client has a backchannel_logout_uri: a session that ends looks for it.
ALTER TABLE clients ADD COLUMN backchannel INTEGER NOT NULL DEFAULT 0 CHECK (backchannel IN (0, 1));

-- The session that goes on for the same person where this one ended by a new sign-in. It
-- is never one that has a successor itself.
ALTER TABLE sessions ADD COLUMN successor TEXT CHECK (successor <> '');

CREATE INDEX sessions_by_successor ON sessions (successor) WHERE successor IS NOT NULL;

-- What is to be said to clients, laid out in the transaction that ends a session. It
-- outlives session and user. The id and next_at are as in plugin_outbox.
CREATE TABLE logout_notices (
	id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	user_id    TEXT NOT NULL,
	session_id TEXT NOT NULL,
	failures   INTEGER NOT NULL CHECK (failures >= 0),
	next_at    INTEGER NOT NULL CHECK (next_at >= 0),
	UNIQUE (client_id, session_id)
) STRICT;

CREATE INDEX logout_notices_in_order ON logout_notices (client_id, next_at, id);
