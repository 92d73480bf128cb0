-- The modules of which an operator wants exactly these bytes from where they came. A
-- column of their own table would stand behind the code, which listing does not read.
CREATE TABLE plugin_pins (
	digest TEXT NOT NULL PRIMARY KEY REFERENCES plugin_modules (digest) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
