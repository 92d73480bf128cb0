-- The words that PostgreSQL spells otherwise: INTEGER is BIGINT, BLOB is BYTEA,
-- and STRICT and WITHOUT ROWID go away.
--
-- Times are milliseconds since 1970 in UTC, zero for none. Lists of words are
-- separated by a space, and where a member can hold one, they are JSON. "Folded"
-- is the form in which names are compared.

-- config_generation rises with every change to organisations, clients, plugins
-- and keys. Whoever caches those knows by it that they changed.
CREATE TABLE meta (
	name  TEXT NOT NULL PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (name, value) VALUES ('config_generation', 1);

CREATE TABLE organisations (
	name         TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
	display_name TEXT NOT NULL,
	website_url  TEXT NOT NULL,
	logo         TEXT NOT NULL,
	favicon      TEXT NOT NULL,
	disabled     INTEGER NOT NULL CHECK (disabled IN (0, 1)),
	created_at   INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT, WITHOUT ROWID;

-- revision rises with every change of the row. Whoever keeps a decoded row knows by
-- it that it changed.
CREATE TABLE users (
	id              TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	revision        INTEGER NOT NULL,
	org             TEXT NOT NULL REFERENCES organisations (name),
	name            TEXT NOT NULL CHECK (name <> ''),
	name_folded     TEXT NOT NULL CHECK (name_folded <> ''),
	email           TEXT NOT NULL,
	email_verified  INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
	password_hash   TEXT NOT NULL,
	admin           INTEGER NOT NULL CHECK (admin IN (0, 1)),
	disabled        INTEGER NOT NULL CHECK (disabled IN (0, 1)),
	profile         TEXT NOT NULL, -- JSON
	attributes      TEXT NOT NULL, -- JSON
	group_names     TEXT NOT NULL, -- what members says, a line each, sorted
	created_at      INTEGER NOT NULL CHECK (created_at >= 0),
	updated_at      INTEGER NOT NULL CHECK (updated_at >= 0),
	password_at     INTEGER NOT NULL CHECK (password_at >= 0),
	last_sign_in_at INTEGER NOT NULL CHECK (last_sign_in_at >= 0),
	last_sign_in_ip TEXT NOT NULL,
	UNIQUE (org, name_folded)
) STRICT, WITHOUT ROWID;

-- What can be typed into the user name field: names and e-mail addresses, in one
-- key, because one's name must not be another's address.
CREATE TABLE logins (
	org     TEXT NOT NULL,
	login   TEXT NOT NULL CHECK (login <> ''), -- folded
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	PRIMARY KEY (org, login)
) STRICT, WITHOUT ROWID;

CREATE INDEX logins_by_login ON logins (login);
CREATE INDEX logins_by_user ON logins (user_id);

-- A name is one line, because users.group_names joins them by line ends.
CREATE TABLE groups (
	id           TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	org          TEXT NOT NULL REFERENCES organisations (name),
	name         TEXT NOT NULL CHECK (name <> '' AND name NOT LIKE '%
%'),
	display_name TEXT NOT NULL,
	created_at   INTEGER NOT NULL CHECK (created_at >= 0),
	UNIQUE (org, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
	user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
	PRIMARY KEY (user_id, group_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_by_group ON members (group_id);

CREATE TABLE clients (
	id                        TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	org                       TEXT NOT NULL REFERENCES organisations (name),
	name                      TEXT NOT NULL CHECK (name <> ''),
	name_folded               TEXT NOT NULL CHECK (name_folded <> ''),
	display_name              TEXT NOT NULL,
	preset                    TEXT NOT NULL,
	secret_hash               BLOB NOT NULL CHECK (length(secret_hash) IN (0, 32)),
	auth_methods              TEXT NOT NULL,
	redirect_uris             TEXT NOT NULL, -- JSON
	post_logout_redirect_uris TEXT NOT NULL, -- JSON
	grant_types               TEXT NOT NULL,
	response_types            TEXT NOT NULL, -- JSON
	scopes                    TEXT NOT NULL,
	id_token_alg              TEXT NOT NULL,
	native                    INTEGER NOT NULL CHECK (native IN (0, 1)),
	require_pkce              INTEGER NOT NULL CHECK (require_pkce IN (0, 1)),
	skip_consent              INTEGER NOT NULL CHECK (skip_consent IN (0, 1)),
	offline_without_prompt    INTEGER NOT NULL CHECK (offline_without_prompt IN (0, 1)),
	query_token               INTEGER NOT NULL CHECK (query_token IN (0, 1)),
	shared                    INTEGER NOT NULL CHECK (shared IN (0, 1)),
	disabled                  INTEGER NOT NULL CHECK (disabled IN (0, 1)),
	logo_uri                  TEXT NOT NULL,
	client_uri                TEXT NOT NULL,
	policy_uri                TEXT NOT NULL,
	terms_uri                 TEXT NOT NULL,
	access_ttl                INTEGER NOT NULL CHECK (access_ttl >= 0), -- milliseconds
	id_token_ttl              INTEGER NOT NULL CHECK (id_token_ttl >= 0),
	refresh_ttl               INTEGER NOT NULL CHECK (refresh_ttl >= 0),
	created_at                INTEGER NOT NULL CHECK (created_at >= 0),
	updated_at                INTEGER NOT NULL CHECK (updated_at >= 0),
	UNIQUE (org, name_folded)
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_instances (
	name       TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
	plugin     TEXT NOT NULL,
	module     TEXT NOT NULL,
	settings   BLOB NOT NULL, -- JSON, as it was given
	created_at INTEGER NOT NULL CHECK (created_at >= 0),
	updated_at INTEGER NOT NULL CHECK (updated_at >= 0)
) STRICT, WITHOUT ROWID;

-- A binding without a client is for all of them.
CREATE TABLE plugin_bindings (
	id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	instance   TEXT NOT NULL REFERENCES plugin_instances (name) ON DELETE CASCADE,
	hook       TEXT NOT NULL CHECK (hook <> ''),
	client_id  TEXT REFERENCES clients (id) ON DELETE CASCADE,
	position   INTEGER NOT NULL,
	fail_open  INTEGER NOT NULL CHECK (fail_open = 0 OR fail_open = 1 AND hook = 'claims.map/v1'),
	created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX plugin_bindings_once ON plugin_bindings (instance, hook, (coalesce(client_id, '')));
CREATE INDEX plugin_bindings_by_client ON plugin_bindings (client_id);

CREATE TABLE signing_keys (
	id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	alg        TEXT NOT NULL CHECK (alg <> ''),
	sealed     BLOB NOT NULL,
	public_jwk BLOB NOT NULL,
	created_at INTEGER NOT NULL CHECK (created_at >= 0),
	retired_at INTEGER NOT NULL CHECK (retired_at >= 0)
) STRICT, WITHOUT ROWID;

-- At most one row. The moment it is closed, it stays closed.
CREATE TABLE setup (
	id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	hash      BLOB NOT NULL CHECK (length(hash) IN (0, 32)),
	opened_at INTEGER NOT NULL CHECK (opened_at >= 0),
	closed_at INTEGER NOT NULL CHECK (closed_at >= 0)
) STRICT;

CREATE TABLE sessions (
	id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	hash       BLOB NOT NULL CHECK (length(hash) = 32),
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	auth_time  INTEGER NOT NULL CHECK (auth_time >= 0),
	amr        TEXT NOT NULL,
	acr        TEXT NOT NULL,
	created_at INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at INTEGER NOT NULL CHECK (expires_at >= 0),
	ended_at   INTEGER NOT NULL CHECK (ended_at >= 0),
	ip         TEXT NOT NULL,
	user_agent TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- client_id is empty when somebody signs in to Postern itself. A client that is
-- deleted leaves its requests to their expiry.
CREATE TABLE auth_requests (
	id               TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	browser_hash     BLOB NOT NULL CHECK (length(browser_hash) = 32),
	client_id        TEXT NOT NULL,
	params           TEXT NOT NULL, -- form encoded
	signed_in_at     INTEGER NOT NULL CHECK (signed_in_at >= 0),
	session_id       TEXT NOT NULL,
	consented        INTEGER NOT NULL CHECK (consented IN (0, 1)),
	consented_scopes TEXT NOT NULL CHECK (consented = 1 OR consented_scopes = ''),
	created_at       INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at       INTEGER NOT NULL CHECK (expires_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX auth_requests_by_end ON auth_requests (expires_at);

CREATE TABLE consents (
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	client_id  TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	scopes     TEXT NOT NULL,
	granted_at INTEGER NOT NULL CHECK (granted_at >= 0),
	updated_at INTEGER NOT NULL CHECK (updated_at >= 0),
	PRIMARY KEY (user_id, client_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX consents_by_client ON consents (client_id);

-- A session may be gone before its grants, so session_id refers to nothing.
CREATE TABLE grants (
	id                 TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	client_id          TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	user_id            TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	session_id         TEXT NOT NULL,
	scopes             TEXT NOT NULL,
	nonce              TEXT NOT NULL,
	auth_time          INTEGER NOT NULL CHECK (auth_time >= 0),
	amr                TEXT NOT NULL,
	acr                TEXT NOT NULL,
	code_hash          BLOB NOT NULL CHECK (length(code_hash) = 32),
	code_expires_at    INTEGER NOT NULL CHECK (code_expires_at >= 0),
	code_used_at       INTEGER NOT NULL CHECK (code_used_at >= 0),
	redirect_uri       TEXT NOT NULL,
	redirect_uri_given INTEGER NOT NULL CHECK (redirect_uri_given IN (0, 1)),
	challenge          TEXT NOT NULL,
	created_at         INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at         INTEGER NOT NULL CHECK (expires_at >= 0),
	revoked_at         INTEGER NOT NULL CHECK (revoked_at >= 0),
	revoked_reason     TEXT NOT NULL CHECK (revoked_at > 0 OR revoked_reason = '')
) STRICT, WITHOUT ROWID;

CREATE INDEX grants_by_user ON grants (user_id, client_id);
CREATE INDEX grants_by_client ON grants (client_id);
CREATE INDEX grants_by_session ON grants (session_id);
CREATE INDEX grants_by_end ON grants (expires_at);

-- Tokens are written by every token request, so grant_id is no reference and has no
-- index: both would cost more than the row. A token without its grant is found by
-- nobody, and is swept when it expires.
CREATE TABLE access_tokens (
	id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	hash       BLOB NOT NULL CHECK (length(hash) = 32),
	grant_id   TEXT NOT NULL CHECK (grant_id <> ''),
	scopes     TEXT NOT NULL,
	created_at INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at INTEGER NOT NULL CHECK (expires_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX access_tokens_by_end ON access_tokens (expires_at);

CREATE TABLE refresh_tokens (
	id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	hash       BLOB NOT NULL CHECK (length(hash) = 32),
	grant_id   TEXT NOT NULL CHECK (grant_id <> ''),
	created_at INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at INTEGER NOT NULL CHECK (expires_at >= 0),
	used_at    INTEGER NOT NULL CHECK (used_at >= 0),
	successor  TEXT NOT NULL CHECK (used_at > 0 OR successor = '')
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);

CREATE TABLE failures (
	name    TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
	count   INTEGER NOT NULL CHECK (count > 0),
	last_at INTEGER NOT NULL CHECK (last_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX failures_by_time ON failures (last_at);

-- The audit log outlives what it speaks of, so it refers to nothing.
CREATE TABLE events (
	id          TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	at          INTEGER NOT NULL CHECK (at >= 0),
	type        TEXT NOT NULL CHECK (type <> ''),
	actor       TEXT NOT NULL,
	user_id     TEXT NOT NULL,
	client_id   TEXT NOT NULL,
	session_id  TEXT NOT NULL,
	grant_id    TEXT NOT NULL,
	ip          TEXT NOT NULL,
	correlation TEXT NOT NULL,
	detail      TEXT NOT NULL -- JSON
) STRICT, WITHOUT ROWID;
