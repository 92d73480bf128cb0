-- Sign-in at other providers: which plugin instances people sign in with, who they
-- are there, and the browsers that were sent there and have not come back.
--
-- A blob that may be missing is empty then (PostgreSQL spells x'' as '').

CREATE TABLE connectors (
	instance      TEXT NOT NULL PRIMARY KEY REFERENCES plugin_instances (name) ON DELETE CASCADE,
	org           TEXT NOT NULL REFERENCES organisations (name),
	display_name  TEXT NOT NULL,
	icon          TEXT NOT NULL,
	hidden        INTEGER NOT NULL CHECK (hidden IN (0, 1)),
	disabled      INTEGER NOT NULL CHECK (disabled IN (0, 1)),
	create_users  INTEGER NOT NULL CHECK (create_users IN (0, 1)),
	link_by_email INTEGER NOT NULL CHECK (link_by_email IN (0, 1)),
	sync_profile  INTEGER NOT NULL CHECK (sync_profile IN (0, 1)),
	sync_groups   INTEGER NOT NULL CHECK (sync_groups IN (0, 1)),
	group_prefix  TEXT NOT NULL,
	keep_tokens   INTEGER NOT NULL CHECK (keep_tokens IN (0, 1)),
	logout        INTEGER NOT NULL CHECK (logout IN (0, 1)),
	created_at    INTEGER NOT NULL CHECK (created_at >= 0),
	updated_at    INTEGER NOT NULL CHECK (updated_at >= 0)
) STRICT, WITHOUT ROWID;

-- A domain leads to one connector of an organisation.
CREATE TABLE connector_domains (
	org      TEXT NOT NULL,
	domain   TEXT NOT NULL CHECK (domain <> ''), -- lower-case
	instance TEXT NOT NULL REFERENCES connectors (instance) ON DELETE CASCADE,
	PRIMARY KEY (org, domain)
) STRICT, WITHOUT ROWID;

CREATE INDEX connector_domains_by_instance ON connector_domains (instance);

-- A person at a provider is one user here.
CREATE TABLE links (
	connector    TEXT NOT NULL REFERENCES connectors (instance) ON DELETE CASCADE,
	subject      TEXT NOT NULL CHECK (subject <> ''),
	user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	name         TEXT NOT NULL,
	group_names  TEXT NOT NULL, -- those of the memberships that it gave, JSON
	tokens       BLOB NOT NULL, -- sealed
	created_at   INTEGER NOT NULL CHECK (created_at >= 0),
	last_used_at INTEGER NOT NULL CHECK (last_used_at >= 0),
	PRIMARY KEY (connector, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX links_by_user ON links (user_id);

-- Attempts live for minutes. Authorization requests and sessions are swept before
-- them or after, so what is named here refers to nothing.
CREATE TABLE upstream_attempts (
	id           TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	hash         BLOB NOT NULL CHECK (length(hash) = 32),
	browser_hash BLOB NOT NULL CHECK (length(browser_hash) = 32),
	request_id   TEXT NOT NULL,
	link_to      TEXT NOT NULL CHECK (link_to = '' OR request_id = ''),
	connector    TEXT NOT NULL REFERENCES connectors (instance) ON DELETE CASCADE,
	fresh        INTEGER NOT NULL CHECK (fresh IN (0, 1)),
	sealed       BLOB NOT NULL,
	held         BLOB NOT NULL,
	created_at   INTEGER NOT NULL CHECK (created_at >= 0),
	expires_at   INTEGER NOT NULL CHECK (expires_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX upstream_attempts_by_connector ON upstream_attempts (connector);
CREATE INDEX upstream_attempts_by_end ON upstream_attempts (expires_at);

-- The provider's part of a sign-in: the connector, empty for who signed in here, what
-- it said for claims.map/v1 (JSON), and what signs out there (sealed). A connector may
-- be gone before.
ALTER TABLE sessions ADD COLUMN upstream TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN upstream_claims BLOB NOT NULL DEFAULT x'';
ALTER TABLE sessions ADD COLUMN upstream_logout BLOB NOT NULL DEFAULT x'';
ALTER TABLE grants ADD COLUMN upstream TEXT NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN upstream_claims BLOB NOT NULL DEFAULT x'';

ALTER TABLE auth_requests ADD COLUMN sent_to TEXT NOT NULL DEFAULT '';
ALTER TABLE auth_requests ADD COLUMN asked_acr TEXT NOT NULL DEFAULT '';
