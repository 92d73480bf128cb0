-- With which browsers somebody signed in. Sessions are swept when they have expired, so the
-- log is what remembers it. Only sign-ins are in the index, and nothing else pays for it.
CREATE INDEX events_of_browsers ON events (user_id, coalesce(detail ->> '$.browser', ''))
	WHERE type = 'signin.succeeded';
