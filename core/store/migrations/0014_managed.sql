-- What is managed by a file. The object is named by the column of its kind alone, so that
-- the row goes with it.
CREATE TABLE managed (
	kind       TEXT NOT NULL,
	id         TEXT NOT NULL CHECK (id <> ''),
	org        TEXT REFERENCES organisations (name) ON DELETE CASCADE,
	group_id   TEXT REFERENCES groups (id) ON DELETE CASCADE,
	client_id  TEXT REFERENCES clients (id) ON DELETE CASCADE,
	instance   TEXT REFERENCES plugin_instances (name) ON DELETE CASCADE,
	connector  TEXT REFERENCES connectors (instance) ON DELETE CASCADE,
	source     TEXT NOT NULL CHECK (source <> ''),
	file       TEXT NOT NULL,
	members    TEXT NOT NULL,
	managed_at INTEGER NOT NULL CHECK (managed_at >= 0),
	PRIMARY KEY (kind, id),
	CHECK (CASE kind
		WHEN 'organisation' THEN org = id AND coalesce(group_id, client_id, instance, connector) IS NULL
		WHEN 'group' THEN group_id = id AND coalesce(org, client_id, instance, connector) IS NULL
		WHEN 'client' THEN client_id = id AND coalesce(org, group_id, instance, connector) IS NULL
		WHEN 'instance' THEN instance = id AND coalesce(org, group_id, client_id, connector) IS NULL
		WHEN 'connector' THEN connector = id AND coalesce(org, group_id, client_id, instance) IS NULL
		ELSE FALSE
	END)
) STRICT, WITHOUT ROWID;

CREATE INDEX managed_groups ON managed (group_id) WHERE group_id IS NOT NULL;
CREATE INDEX managed_clients ON managed (client_id) WHERE client_id IS NOT NULL;
