-- What people prove who they are with, the links and mails that they get, and the rules
-- of those that they belong to.

ALTER TABLE organisations ADD COLUMN rules TEXT NOT NULL DEFAULT '{}'; -- JSON
ALTER TABLE organisations ADD COLUMN theme TEXT NOT NULL DEFAULT '{}'; -- JSON
ALTER TABLE clients ADD COLUMN sign_in TEXT NOT NULL DEFAULT '{}'; -- JSON

-- The first factor of a sign-in that waits for a second one.
ALTER TABLE auth_requests ADD COLUMN partial TEXT NOT NULL DEFAULT ''; -- JSON, or nothing

-- A passkey has a handle that no other has (Web Authentication section 4: at most 1023
-- bytes), an app has none.
CREATE TABLE authenticators (
	id           TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	kind         TEXT NOT NULL CHECK (kind IN ('passkey', 'totp')),
	name         TEXT NOT NULL,
	handle       BLOB UNIQUE CHECK (length(handle) BETWEEN 1 AND 1023),
	data         BLOB NOT NULL,
	counter      INTEGER NOT NULL CHECK (counter >= 0),
	created_at   INTEGER NOT NULL CHECK (created_at >= 0),
	last_used_at INTEGER NOT NULL CHECK (last_used_at >= 0),
	CHECK ((kind = 'passkey') = (handle IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX authenticators_by_user ON authenticators (user_id);

CREATE TABLE recovery_codes (
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	hash       BLOB NOT NULL CHECK (length(hash) = 32),
	created_at INTEGER NOT NULL CHECK (created_at >= 0),
	used_at    INTEGER NOT NULL CHECK (used_at >= 0),
	PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

-- Browsers that are not asked for the second factor.
CREATE TABLE devices (
	id           TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	hash         BLOB NOT NULL CHECK (length(hash) = 32),
	user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	user_agent   TEXT NOT NULL,
	ip           TEXT NOT NULL,
	created_at   INTEGER NOT NULL CHECK (created_at >= 0),
	last_used_at INTEGER NOT NULL CHECK (last_used_at >= 0),
	expires_at   INTEGER NOT NULL CHECK (expires_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX devices_by_user ON devices (user_id);
CREATE INDEX devices_by_end ON devices (expires_at);

-- A ticket without a user is of somebody who has no account yet, or of nobody. The
-- authorization request may be gone before it.
CREATE TABLE tickets (
	id           TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	hash         BLOB NOT NULL CHECK (length(hash) = 32),
	purpose      TEXT NOT NULL CHECK (purpose <> ''),
	user_id      TEXT REFERENCES users (id) ON DELETE CASCADE,
	org          TEXT NOT NULL,
	email        TEXT NOT NULL,
	email_folded TEXT NOT NULL,
	code_hash    BLOB NOT NULL CHECK (length(code_hash) IN (0, 32)),
	browser_hash BLOB NOT NULL CHECK (length(browser_hash) IN (0, 32)),
	request_id   TEXT NOT NULL,
	data         BLOB NOT NULL, -- JSON, or nothing
	misses       INTEGER NOT NULL CHECK (misses >= 0),
	created_at   INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at   INTEGER NOT NULL CHECK (expires_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX tickets_by_user ON tickets (user_id);
CREATE INDEX tickets_by_email ON tickets (email_folded) WHERE user_id IS NULL;
CREATE INDEX tickets_by_browser ON tickets (browser_hash) WHERE length(code_hash) = 32;
CREATE INDEX tickets_by_end ON tickets (expires_at);

-- Mails that wait to be sent. One may be about an account that is gone, so user_id
-- refers to nothing. next_at is as in plugin_outbox.
CREATE TABLE mails (
	id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	org        TEXT NOT NULL,
	user_id    TEXT NOT NULL,
	recipient  TEXT NOT NULL CHECK (recipient <> ''),
	template   TEXT NOT NULL CHECK (template <> ''),
	locale     TEXT NOT NULL,
	sealed     BLOB NOT NULL,
	failures   INTEGER NOT NULL CHECK (failures >= 0),
	next_at    INTEGER NOT NULL CHECK (next_at >= 0),
	created_at INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at INTEGER NOT NULL CHECK (expires_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX mails_in_order ON mails (next_at, id);
CREATE INDEX mails_by_end ON mails (expires_at);

CREATE TABLE avatars (
	id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	user_id    TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
	type       TEXT NOT NULL CHECK (type IN ('image/png', 'image/jpeg')),
	image      BLOB NOT NULL CHECK (length(image) BETWEEN 1 AND 262144),
	created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT;

-- What somebody did, for their own page. What their clients do with tokens is most of
-- the log and not on it, so it does not pay for this index.
CREATE INDEX events_of_people ON events (user_id, id)
	WHERE user_id <> '' AND type NOT IN ('code.issued', 'token.issued', 'token.refreshed');
