-- What else a client may register, what a client with a secret that is proved by an HMAC
-- has, who may manage a client that registered itself, and which claims a request
-- named.

ALTER TABLE clients ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}'; -- JSON
ALTER TABLE clients ADD COLUMN sealed_secret BLOB NOT NULL DEFAULT x'';
ALTER TABLE clients ADD COLUMN registration_hash BLOB NOT NULL DEFAULT x'' CHECK (length(registration_hash) IN (0, 32));
ALTER TABLE grants ADD COLUMN claims TEXT NOT NULL DEFAULT ''; -- JSON, or nothing
