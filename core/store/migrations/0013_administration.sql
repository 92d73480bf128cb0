-- Who administers what. The holder is a user or a service account; an empty org is the
-- whole server, so org refers to nothing and DeleteOrganisation clears it.
CREATE TABLE roles (
	holder     TEXT NOT NULL CHECK (holder <> ''),
	org        TEXT NOT NULL,
	role       TEXT NOT NULL CHECK (role IN ('owner', 'administrator', 'help_desk', 'auditor')),
	created_at INTEGER NOT NULL CHECK (created_at >= 0),
	PRIMARY KEY (holder, org)
) STRICT, WITHOUT ROWID;

CREATE INDEX roles_by_org ON roles (org);

CREATE TABLE service_accounts (
	id          TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	org         TEXT NOT NULL REFERENCES organisations (name),
	name        TEXT NOT NULL CHECK (name <> ''),
	name_folded TEXT NOT NULL CHECK (name_folded <> ''),
	description TEXT NOT NULL,
	disabled    INTEGER NOT NULL CHECK (disabled IN (0, 1)),
	created_at  INTEGER NOT NULL CHECK (created_at >= 0),
	updated_at  INTEGER NOT NULL CHECK (updated_at >= 0),
	UNIQUE (org, name_folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_tokens (
	id           TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	holder       TEXT NOT NULL CHECK (holder <> ''),
	name         TEXT NOT NULL,
	hash         BLOB NOT NULL CHECK (length(hash) = 32),
	permissions  TEXT NOT NULL,
	expires_at   INTEGER NOT NULL CHECK (expires_at > 0),
	created_at   INTEGER NOT NULL CHECK (created_at >= 0),
	last_used_at INTEGER NOT NULL CHECK (last_used_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX api_tokens_by_holder ON api_tokens (holder);
CREATE INDEX api_tokens_by_expiry ON api_tokens (expires_at);

-- Answers to requests that must not be carried out twice.
CREATE TABLE answered (
	key        BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 32),
	body       BLOB NOT NULL CHECK (length(body) = 32),
	status     INTEGER NOT NULL,
	header     TEXT NOT NULL, -- JSON
	answer     BLOB NOT NULL,
	created_at INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at INTEGER NOT NULL CHECK (expires_at > 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX answered_by_expiry ON answered (expires_at);

-- Device authorizations (RFC 8628).
CREATE TABLE device_grants (
	id             TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	hash           BLOB NOT NULL CHECK (length(hash) = 32),
	user_code      BLOB NOT NULL UNIQUE CHECK (length(user_code) = 32),
	client_id      TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	scopes         TEXT NOT NULL,
	state          TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied')),
	granted_scopes TEXT NOT NULL,
	session_id     TEXT NOT NULL,
	user_id        TEXT NOT NULL,
	ip             TEXT NOT NULL,
	user_agent     TEXT NOT NULL,
	poll_interval  INTEGER NOT NULL CHECK (poll_interval >= 0), -- milliseconds
	polled_at      INTEGER NOT NULL CHECK (polled_at >= 0),
	created_at     INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at     INTEGER NOT NULL CHECK (expires_at > 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_grants_by_expiry ON device_grants (expires_at);

-- Versions: who changes what somebody else changed meanwhile is refused.
ALTER TABLE organisations ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
UPDATE organisations SET updated_at = created_at;
UPDATE groups SET updated_at = created_at;
CREATE UNIQUE INDEX groups_by_external_id ON groups (org, external_id) WHERE external_id <> '';

-- What the profile says, so that whoever provisions people finds them by it.
ALTER TABLE users ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
UPDATE users SET external_id = coalesce(profile ->> '$.external_id', '');
CREATE INDEX users_by_external_id ON users (org, external_id) WHERE external_id <> '';

-- What lists are searched by: folded, as names are. They are filled in after this script,
-- because no database folds letters as Postern does. Names and addresses of users are in
-- logins.
ALTER TABLE users ADD COLUMN display_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE groups ADD COLUMN search TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN search TEXT NOT NULL DEFAULT '';

-- Of all organisations, in the order of a list.
CREATE INDEX users_by_name ON users (name_folded, id);
CREATE INDEX users_disabled ON users (org) WHERE disabled = 1;
CREATE INDEX clients_by_name ON clients (name_folded, id);
CREATE INDEX groups_by_name ON groups (name, id);

ALTER TABLE events ADD COLUMN org TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN fields TEXT NOT NULL DEFAULT '';
CREATE INDEX events_by_org ON events (org, id) WHERE org <> '';
-- How often people signed in since a day is counted in the index alone.
CREATE INDEX events_of_signins ON events (type, id, org) WHERE type IN ('signin.succeeded', 'signin.failed');
