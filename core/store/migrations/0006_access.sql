-- Groups that alone may sign in at a client, and grants that are of no person.

ALTER TABLE clients ADD COLUMN allowed_groups TEXT NOT NULL DEFAULT '[]'; -- JSON

-- A client that asks for itself has a grant without a user, and without a code: who
-- redeems or refreshes never finds it. SQLite takes no NOT NULL from a column, so the
-- table is made again. Nothing refers to it.
CREATE TABLE grants_again (
	id                 TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	client_id          TEXT NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
	user_id            TEXT REFERENCES users (id) ON DELETE CASCADE,
	session_id         TEXT NOT NULL,
	scopes             TEXT NOT NULL,
	nonce              TEXT NOT NULL,
	auth_time          INTEGER NOT NULL CHECK (auth_time >= 0),
	amr                TEXT NOT NULL,
	acr                TEXT NOT NULL,
	upstream           TEXT NOT NULL DEFAULT '',
	upstream_claims    BLOB NOT NULL DEFAULT x'',
	code_hash          BLOB NOT NULL CHECK (length(code_hash) IN (0, 32)),
	code_expires_at    INTEGER NOT NULL CHECK (code_expires_at >= 0),
	code_used_at       INTEGER NOT NULL CHECK (code_used_at >= 0),
	redirect_uri       TEXT NOT NULL,
	redirect_uri_given INTEGER NOT NULL CHECK (redirect_uri_given IN (0, 1)),
	challenge          TEXT NOT NULL,
	created_at         INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at         INTEGER NOT NULL CHECK (expires_at >= 0),
	revoked_at         INTEGER NOT NULL CHECK (revoked_at >= 0),
	revoked_reason     TEXT NOT NULL CHECK (revoked_at > 0 OR revoked_reason = ''),
	CHECK (user_id IS NOT NULL OR session_id = '' AND upstream = '' AND length(code_hash) = 0)
) STRICT, WITHOUT ROWID;

INSERT INTO grants_again (id, client_id, user_id, session_id, scopes, nonce, auth_time, amr, acr, upstream, upstream_claims, code_hash,
		code_expires_at, code_used_at, redirect_uri, redirect_uri_given, challenge, created_at, expires_at, revoked_at, revoked_reason)
	SELECT id, client_id, user_id, session_id, scopes, nonce, auth_time, amr, acr, upstream, upstream_claims, code_hash,
		code_expires_at, code_used_at, redirect_uri, redirect_uri_given, challenge, created_at, expires_at, revoked_at, revoked_reason
	FROM grants;

DROP TABLE grants;
ALTER TABLE grants_again RENAME TO grants;

CREATE INDEX grants_by_user ON grants (user_id, client_id);
CREATE INDEX grants_by_client ON grants (client_id);
CREATE INDEX grants_by_session ON grants (session_id);
CREATE INDEX grants_by_end ON grants (expires_at);
