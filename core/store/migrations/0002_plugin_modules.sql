-- Modules that were installed, which of them runs for a plugin, and what an instance
-- was granted, given and keeps.

-- Rises when the operator wants all modules loaded anew.
INSERT INTO meta (name, value) VALUES ('plugin_reload', 0);

-- The code stands last, so that listing modules does not read it. It is large, and a
-- table with a row number keeps it outside of the tree that is searched.
CREATE TABLE plugin_modules (
	digest     TEXT NOT NULL PRIMARY KEY CHECK (length(digest) = 64),
	size       INTEGER NOT NULL,
	source     TEXT NOT NULL,
	signer     TEXT NOT NULL,
	created_at INTEGER NOT NULL CHECK (created_at >= 0),
	manifests  BLOB NOT NULL, -- JSON, as the module wrote it
	code       BLOB NOT NULL CHECK (length(code) = size)
) STRICT;

-- The newest release of a plugin is the one that runs.
CREATE TABLE plugin_releases (
	id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
	plugin     TEXT NOT NULL CHECK (plugin <> ''),
	version    TEXT NOT NULL,
	module     TEXT NOT NULL REFERENCES plugin_modules (digest) ON DELETE CASCADE,
	created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX plugin_releases_by_module ON plugin_releases (module);

-- The module of an instance is a digest, or the one that comes with the binary, so
-- it refers to nothing. Limits are milliseconds and MiB, zero for the host's own.
ALTER TABLE plugin_instances ADD COLUMN memory_mib INTEGER NOT NULL DEFAULT 0 CHECK (memory_mib >= 0);
ALTER TABLE plugin_instances ADD COLUMN cpu INTEGER NOT NULL DEFAULT 0 CHECK (cpu >= 0);
ALTER TABLE plugin_instances ADD COLUMN wait INTEGER NOT NULL DEFAULT 0 CHECK (wait >= 0);

CREATE TABLE plugin_grants (
	instance   TEXT NOT NULL REFERENCES plugin_instances (name) ON DELETE CASCADE,
	capability TEXT NOT NULL CHECK (capability <> ''),
	target     TEXT NOT NULL,
	PRIMARY KEY (instance, capability, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_secrets (
	instance   TEXT NOT NULL REFERENCES plugin_instances (name) ON DELETE CASCADE,
	name       TEXT NOT NULL CHECK (name <> ''),
	sealed     BLOB NOT NULL CHECK (length(sealed) > 0),
	updated_at INTEGER NOT NULL CHECK (updated_at >= 0),
	PRIMARY KEY (instance, name)
) STRICT, WITHOUT ROWID;

-- What instances keep between calls.
CREATE TABLE plugin_values (
	instance   TEXT NOT NULL REFERENCES plugin_instances (name) ON DELETE CASCADE,
	key        TEXT NOT NULL,
	value      TEXT NOT NULL,
	expires_at INTEGER NOT NULL CHECK (expires_at > 0),
	PRIMARY KEY (instance, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX plugin_values_alive ON plugin_values (instance, expires_at);
CREATE INDEX plugin_values_by_end ON plugin_values (expires_at);

ALTER TABLE plugin_bindings ADD COLUMN shadow INTEGER NOT NULL DEFAULT 0
	CHECK (shadow = 0 OR shadow = 1 AND hook IN ('claims.map/v1', 'account.shape/v1', 'scope.policy/v1'));
